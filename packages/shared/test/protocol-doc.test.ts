import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  closeCodes,
  commandNames,
  type EventType,
  errorCodes,
  eventDataSchemas,
  eventTypes,
  ingestFirstMessageSchema,
  ingestMessageSchema,
  ingestServerMessageSchema,
  liveControlSchema,
  runSummarySchema,
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
  'docs/protocol.md contains the row of the close code %s (P-154)',
  (name, entry) => {
    const cells = [entry.code, `\`${name}\``, entry.retry ? 'yes' : 'no', entry.meaning];
    expect(rows).toContain(`| ${cells.join(' | ')} |`);
  },
);

test.each(Object.entries(errorCodes))(
  'docs/protocol.md contains the row of the error code %s (P-232)',
  (code, { exitCode, meaning }) => {
    expect(rows).toContain(`| \`${code}\` | ${exitCode} | ${meaning} |`);
  },
);

test('docs/protocol.md has no close code and no error code that the programs lack (P-154, P-232)', () => {
  const codesOf = (heading: string): string[] =>
    [
      ...page
        .split(`\n## ${heading}\n`)[1]!
        .split('\n## ')[0]!
        .matchAll(/^\| `?([\w.]+)`? \|/gm),
    ]
      .map(([, code]) => code!)
      .slice(1);
  expect(codesOf('Close codes')).toEqual(Object.values(closeCodes).map(({ code }) => String(code)));
  expect(codesOf('Error codes')).toEqual(Object.keys(errorCodes));
});

test('docs/protocol.md names every field of a summary (P-94)', () => {
  const summary = page.slice(page.indexOf("A run's summary,")).split('\n### ')[0]!;
  for (const field of Object.keys(runSummarySchema.shape))
    if (field === 'shortened') expect(page).toContain('`"shortened":true`');
    else expect(summary).toContain(`\`${field}\``);
});

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

describe('the bounds of an event', () => {
  // The rows of its type, and of its parts, and what holds for all events.
  const rowOf = (name: string): string => rows.find((line) => line.startsWith(`| \`${name}\` |`))!;
  const paragraphOf = (start: string): string => page.slice(page.indexOf(start)).split('\n\n')[0]!;
  const parts: Partial<Record<EventType, string[]>> = {
    'run.started': ['config', 'device', 'model', 'dataset', 'totals'].map(rowOf),
    epoch: [paragraphOf('The results in `test` of an `epoch`')],
  };
  const general = paragraphOf('Unless a table states another bound');
  const customMetrics = paragraphOf('*Custom metrics*');

  /** Returns the bounds in a JSON Schema, however deep, by the path to each; those of bytes are in bytes. */
  function boundsIn(schema: unknown, path: string): [path: string, bound: number][] {
    if (typeof schema !== 'object' || schema === null) return [];
    return Object.entries(schema).flatMap(([key, value]): [string, number][] => {
      if (!boundKeys.has(key) || typeof value !== 'number') return boundsIn(value, `${path}/${key}`);
      const isBase64 = key === 'maxLength' && 'contentEncoding' in schema;
      return [[`${path}/${key}`, isBase64 ? (value / 4) * 3 : value]];
    });
  }
  const boundKeys = new Set(
    ['Length', 'Items', 'Properties', 'imum'].flatMap((what) => [`max${what}`, `min${what}`]),
  );
  // From 0 or 1, or any whole number that JavaScript has.
  const isUsual = (bound: number): boolean => [0, 1, Number.MAX_SAFE_INTEGER].includes(Math.abs(bound));

  /** Returns how the document may write a bound. Three numbers of bytes have the same length in base64. */
  const written = (bound: number): string[] =>
    [bound, bound - 1, bound - 2].flatMap((each) => [
      each.toLocaleString('en'),
      ...[1_024, 1_000].map((unit) => `${each / unit} kB`),
      ...[2 ** 20, 10 ** 6].map((unit) => `${each / unit} MB`),
    ]);
  const isIn = (text: string, number: string): boolean =>
    new RegExp(`(?<![\\w.,])${number.replace('.', '\\.')}(?!\\w|[.,]\\d)`).test(text);

  test.each(eventTypes)('%s are in the document (P-2)', (type) => {
    const schema = z.toJSONSchema(eventDataSchemas[type], { io: 'input' });
    const text = [rowOf(type), ...(parts[type] ?? []), general].join('\n');
    const missing = boundsIn(schema, '').filter(
      ([path, bound]) =>
        !isUsual(bound) &&
        !written(bound).some((number) =>
          isIn(path.includes('/metrics/') ? text + customMetrics : text, number),
        ),
    );
    expect(missing).toEqual([]);
  });
});
