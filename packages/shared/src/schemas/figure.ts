import { z } from 'zod';
import { eventLimits } from '../protocol/event-limits.ts';
import { valueText } from '../protocol/issue-text.ts';
import {
  bytesSchema,
  countSchema,
  jsonBytesOf,
  lineSchema,
  metricValueSchema,
  nameSchema,
  textSchema,
} from './values.ts';

const { figureBytes, tableColumns, tableRows, tableText } = eventLimits;

const cellSchema = z.union([metricValueSchema, textSchema(0, tableText), z.boolean(), z.null()], {
  error: ({ input }) => `expected a number, a text, true, false or null, got ${valueText(input)}`,
});

const tableSchema = z
  .object({
    columns: z.array(nameSchema).min(1).max(tableColumns).describe('Names of the columns.'),
    rows: z
      .array(z.array(cellSchema).min(1).max(tableColumns))
      .max(tableRows)
      .describe('A cell for each column: a measure, a text of at most 200 characters, a boolean or null.'),
  })
  .superRefine((table, context) => {
    const wrong = table.rows.findIndex((row) => row.length !== table.columns.length);
    if (wrong >= 0)
      context.addIssue({
        code: 'custom',
        path: ['rows', wrong],
        message: `expected ${table.columns.length} cells, one for each column, got ${table.rows[wrong]!.length}`,
      });
    const bytes = jsonBytesOf(table);
    if (bytes > figureBytes)
      context.addIssue({
        code: 'custom',
        path: [],
        message: `expected a table of at most ${figureBytes} bytes as JSON, got ${bytes}`,
      });
  });

/** Base64 of the first nine bytes of every PNG file. */
const pngStart = 'iVBORw0KGgoA';

export const figureDataSchema = z
  .object({
    title: nameSchema,
    step: countSchema.nullish().describe('Step that the figure shows; null if it belongs to none.'),
    description: lineSchema.nullish().describe('What the figure shows, for people who do not see it.'),
    image: bytesSchema(figureBytes)
      .startsWith(pngStart, {
        error: ({ input }) =>
          `expected a PNG file in base64, which begins with "${pngStart}", got ${valueText(input)}`,
      })
      .nullish()
      .describe('A PNG file of at most 128 kB and 4,096 × 4,096 pixels, in base64.'),
    table: tableSchema.nullish().describe('A table of at most 200 rows, 20 columns and 128 kB as JSON.'),
  })
  .refine(({ image, table }) => (image == null) !== (table == null), {
    error: ({ input }) =>
      `expected either an image or a table, got ${(input as { image?: unknown }).image == null ? 'neither' : 'both'}`,
  })
  .describe('An image or a table that the publisher wants to be seen; at most one in 10 s.');

export type FigureData = z.infer<typeof figureDataSchema>;
