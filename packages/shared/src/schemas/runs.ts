import { z } from 'zod';
import { commandNameSchema } from './commands.ts';
import {
  batchDataSchema,
  epochDataSchema,
  eventSchema,
  finishedStatusSchema,
  runFinishedDataSchema,
  runIdSchema,
  runStartedDataSchema,
} from './events.ts';
import { eventTypeListSchema, numericString } from './query-values.ts';

/**
 * Where a run stands: the status of `run.finished` while that is its last event, otherwise as the gateway sees it.
 * `stalled`: nothing has come for a while; `interrupted` also: its publisher has been away for long. Either may go on.
 */
export const runStatusSchema = z.enum(['running', 'paused', 'stalled', ...finishedStatusSchema.options]);

const words = (limit: number) =>
  z
    .string()
    .trim()
    .max(limit)
    .nullable()
    .transform((text) => text || null);

/** One run at a glance: what the list shows, and the header before the events have come. */
export const runSummarySchema = z
  .object({
    runId: runIdSchema,
    status: runStatusSchema,
    connected: z.boolean().describe('Whether its publisher is connected now.'),
    commands: z
      .array(commandNameSchema)
      .describe('Which commands its publisher takes; none while it is away.'),
    startedAt: z.iso.datetime(),
    lastEventAt: z.iso.datetime(),
    lastSeq: z.int().positive(),
    bytes: z.int().nonnegative().describe('Size of its events as text.'),
    title: z.string().nullable().describe('Given by whoever looks after the runs; null until then.'),
    note: z.string().nullable(),
    pinned: z.boolean().describe('Whether it is kept whatever `--keep` says.'),
    model: z.boolean().describe('Whether saved weights can be fetched below `/api/runs/{runId}/model/`.'),
    started: runStartedDataSchema.nullable(),
    batch: batchDataSchema.nullable(),
    epoch: epochDataSchema.nullable(),
    bestAccuracy: z
      .number()
      .nullable()
      .describe(
        'The highest accuracy on the test images so far; null before the first epoch, and when none is a number.',
      ),
    finished: runFinishedDataSchema.nullable(),
  })
  .describe('One run at a glance.');

/** Answer of `GET /api/runs`: newest first. */
export const runListSchema = z.object({ runs: z.array(runSummarySchema) });

/** Body of `PATCH /api/runs/{runId}`: what is left out stays; null, or nothing but space, takes a text away. */
export const runChangesSchema = z
  .strictObject({
    title: words(200).optional(),
    note: words(10_000).optional(),
    pinned: z.boolean().optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'expected title, note or pinned');

/** Answer of `DELETE /api/runs/{runId}`. */
export const runDeletionSchema = z.object({
  runId: runIdSchema,
  folder: z
    .enum(['removed', 'none', 'kept'])
    .describe(
      "Of the run's folder below `--runs`: removed, not there, or still there because it could not be removed.",
    ),
});

/** Query of `GET /api/runs/{runId}/events`, as strings from the address. */
export const eventPageQuerySchema = z.object({
  after: numericString.pipe(z.int().nonnegative()).default(0).describe('Only events that follow this seq.'),
  limit: numericString.pipe(z.int().min(1).max(2_000)).default(500).describe('At most so many events.'),
  types: eventTypeListSchema.optional().describe('Only these types, separated by commas; all when left out.'),
});

/** Answer of `GET /api/runs/{runId}/events`; `nextAfter` is null when nothing follows now. */
export const eventPageSchema = z.object({
  events: z.array(eventSchema),
  nextAfter: z.int().nonnegative().nullable(),
});

export type RunChanges = z.infer<typeof runChangesSchema>;
export type RunDeletion = z.infer<typeof runDeletionSchema>;
export type RunStatus = z.infer<typeof runStatusSchema>;
export type RunSummary = z.infer<typeof runSummarySchema>;
