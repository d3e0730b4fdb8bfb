import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { bundledJsonSchema, messageJsonSchemas } from '../../src/documents/index.ts';

// From dist/test/documents of this package.
const folder = new URL('../../../../../docs/schema/', import.meta.url);

const read = (name: string): object => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));

test('docs/schema is up to date; if this fails, run `npm run schema`', () => {
  const schemas = { ...messageJsonSchemas(), bundle: bundledJsonSchema() };
  expect(readdirSync(folder).sort()).toEqual([...Object.keys(schemas).map((name) => `${name}.json`)].sort());
  for (const [name, schema] of Object.entries(schemas)) expect(read(name)).toEqual(schema);
});
