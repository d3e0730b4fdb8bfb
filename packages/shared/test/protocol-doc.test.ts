import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  closeCodes,
  commandNames,
  errorCodes,
  ingestFirstMessageSchema,
  ingestMessageSchema,
  ingestServerMessageSchema,
  liveControlSchema,
  seriesFields,
} from '../src/index.ts';

// From dist/test of this package.
const page = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('|'));

/** Returns the `type` of every message that a schema accepts. */
function typesOf(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodDiscriminatedUnion) return (schema.options as z.ZodType[]).flatMap(typesOf);
  return [((schema as z.ZodObject).shape.type as z.ZodLiteral<string>).value];
}

test.each(Object.entries(closeCodes))(
  'docs/protocol.md contains the row of the close code %s',
  (name, entry) => {
    const cells = [entry.code, `\`${name}\``, entry.retry ? 'yes' : 'no', entry.meaning];
    expect(rows).toContain(`| ${cells.join(' | ')} |`);
  },
);

test.each(Object.entries(errorCodes))(
  'docs/protocol.md contains the row of the error code %s',
  (code, { exitCode, meaning }) => {
    expect(rows).toContain(`| \`${code}\` | ${exitCode} | ${meaning} |`);
  },
);

test('docs/protocol.md names every event, message and command', () => {
  const types = [
    ingestFirstMessageSchema,
    ingestMessageSchema,
    ingestServerMessageSchema,
    liveControlSchema,
  ].flatMap(typesOf);
  for (const name of [...types, ...commandNames]) expect(page).toContain(`\`${name}\``);
});

test('docs/protocol.md names every field of a series', () => {
  for (const field of seriesFields) expect(page).toContain(`\`${field}\``);
});
