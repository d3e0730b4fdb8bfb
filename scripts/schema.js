// `npm run schema`: writes a JSON Schema of each kind of message, and `bundle.json` with all of them, generated from
// packages/shared, into docs/schema.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledJsonSchema, messageJsonSchemas } from '@mnist-monitor/shared/documents';

const folder = fileURLToPath(new URL('../docs/schema/', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const file of readdirSync(folder)) if (file.endsWith('.json')) rmSync(join(folder, file));
const schemas = Object.entries({ ...messageJsonSchemas(), bundle: bundledJsonSchema() });
for (const [name, schema] of schemas)
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(schema, null, 2)}\n`);
console.log(`${schemas.length} schemas in docs/schema`);
