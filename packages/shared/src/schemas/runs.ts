import { z } from 'zod';
import { ingestProtocolVersions } from '../protocol/constants.ts';
import { eventLimits } from '../protocol/event-limits.ts';
import { valueText } from '../protocol/issue-text.ts';
import { commandNameSchema } from './commands.ts';
import { finishedStatusSchema, runIdSchema, streamIdSchema } from './envelope.ts';
import { batchDataSchema, eventSchema, runFinishedDataSchema } from './events.ts';
import { snapshotDataSchema } from './network-state.ts';
import { eventTypeListSchema, numericString, querySchema } from './query-values.ts';
import { epochDataSchema } from './results.ts';
import { runNameSchema, runStartedDataSchema, tagsSchema } from './run-started.ts';
import { metricNameSchema, textSchema } from './values.ts';

/**
 * Status of a run: the status in `run.finished` while that is the last event, otherwise one that the gateway derives. Of these,
 * `stalled` means that the publisher has sent nothing for a while, and `interrupted` that it has been disconnected for a long
 * time. Both change back when the publisher sends again.
 */
export const runStatusSchema = z.enum(['running', 'paused', 'stalled', ...finishedStatusSchema.options]);

/** Creates the schema of a text of at most `limit` characters. Null, and a text of only spaces, mean no text. */
const annotation = (limit: number) =>
  textSchema(0, limit, z.string().trim())
    .nullable()
    .transform((text) => text || null);

/** The state of a run, as its summary and `status` messages contain it. */
export const runStateSchema = z.object({
  status: runStatusSchema,
  connected: z.boolean().describe('Whether its publisher is connected.'),
  commands: z
    .array(commandNameSchema)
    .describe('Commands that its publisher accepts; none while it is disconnected.'),
});

/** The name and the tags of a run, as its summary and `annotated` messages contain them. */
export const runLabelsSchema = z.object({
  name: runNameSchema
    .nullable()
    .optional()
    .describe(
      'Name of the run: the one in `run.started`, until a user changes it. Null if there is none; absent from older gateways.',
    ),
  tags: tagsSchema
    .optional()
    .describe(
      'Tags of the run: those in `run.started`, until a user changes them. Absent from older gateways.',
    ),
});

/** Summary of a run, for the list of runs, and for the page's header until the run's events have arrived. */
export const runSummarySchema = z
  .object({
    runId: runIdSchema,
    stream: streamIdSchema
      .optional()
      .describe(
        'Random id of its stored events. It changes when the run is deleted and begins again, and when the gateway loses events of it: what was read before is outdated then. Absent from older gateways.',
      ),
    version: z
      .literal(ingestProtocolVersions)
      .optional()
      .describe(
        'Lowest version of the protocol that has every event of the run so far; absent from older gateways.',
      ),
    ...runStateSchema.shape,
    startedAt: z.iso.datetime(),
    lastEventAt: z.iso.datetime(),
    lastReceivedAt: z.iso
      .datetime()
      .optional()
      .describe(
        'When the gateway stored the last event, by its own clock; absent for runs of older gateways.',
      ),
    lastSeq: z.int().positive(),
    bytes: z.int().nonnegative().describe('Size of its events as JSON text.'),
    title: z.string().nullable().describe('Title given by a user; null if there is none.'),
    note: z.string().nullable(),
    pinned: z.boolean().describe('Whether the run is kept regardless of `--keep`.'),
    ...runLabelsSchema.shape,
    model: z.boolean().describe('Whether saved weights are available below `/api/runs/{runId}/model/`.'),
    started: runStartedDataSchema.nullable(),
    batch: batchDataSchema.nullable(),
    epoch: epochDataSchema.nullable(),
    bestAccuracy: z
      .number()
      .nullable()
      .describe(
        'Highest accuracy on the test images so far; null before the first epoch, and if no accuracy is a number.',
      ),
    finished: runFinishedDataSchema.nullable(),
    metricNames: z
      .array(metricNameSchema)
      .max(eventLimits.metrics)
      .optional()
      .describe(
        "Names of the run's custom metrics that have a value so far, in the order in which they first occurred: the first 100. Their series are `metrics.NAME`, and `started.metrics` has their meanings. Absent from older gateways, which do not collect them.",
      ),
    shortened: z
      .literal(true)
      .optional()
      .describe(
        'Present if the fields taken from events exceed 16 kB: the summary then has only the first layer and no files, and long texts are cut. The events contain everything.',
      ),
  })
  .describe('Summary of a run.');

/** The keys by which the list of runs can be sorted, besides the settings and the custom metrics of the runs. */
const runSorts = ['started', 'name', 'bestAccuracy', 'loss', 'seconds'] as const;

const sortError = ({ input }: { input?: unknown }): string =>
  `expected ${runSorts.join(', ')}, or "config." or "metrics." and a name, got ${valueText(input)}`;

/** A key that the list of runs is sorted by. */
export const runSortSchema = z.union(
  [
    z.enum(runSorts),
    z
      .string()
      .regex(/^(?:config\..{1,200}|metrics\.[A-Za-z0-9_./-]{1,64})$/s, { error: sortError }) as z.ZodType<
      `config.${string}` | `metrics.${string}`,
      string
    >,
  ],
  { error: sortError },
);

/** Query parameters of `GET /api/runs`. In a URL, their values are strings. */
export const runListQuerySchema = querySchema({
  limit: numericString.pipe(z.int().min(1).max(500)).default(500).describe('Maximum number of runs.'),
  cursor: z
    .string()
    .max(1_500)
    .regex(/^[01]-[0-9]{1,15}(?:-[A-Za-z0-9_-]*)?$/, 'expected the nextCursor of another page')
    .optional()
    .describe('`nextCursor` of the page before, requested with the same other parameters.'),
  search: textSchema(0, 200)
    .default('')
    .describe(
      'Only runs that contain each of these words, in any case, in their title, name, tags, id, note, status, device, data set, or the names and values of their settings.',
    ),
  order: z
    .enum(['newest', 'pinned'])
    .default('newest')
    .describe('`pinned` lists the pinned runs before the others; `newest` does not.'),
  sort: runSortSchema
    .default('started')
    .describe(
      'What the runs are sorted by: `started`, which is when they began; `name`, or the id of a run without one; `bestAccuracy`; `loss`, on the test set or else in training; `seconds` of training; or `config.` or `metrics.` and the name of a setting or of a custom metric. Runs without a value, or with one that is not finite, come last in both directions; among equal ones, the newest is first.',
    ),
  direction: z
    .enum(['ascending', 'descending'])
    .default('descending')
    .describe('Numbers before texts and A before Z when `ascending`.'),
});

/** Response of `GET /api/runs`: one page of the list. */
export const runListSchema = z.object({
  total: z.int().nonnegative().describe('Number of runs that match `search`, on all pages.'),
  runs: z.array(runSummarySchema),
  nextCursor: z.string().nullable().describe('`cursor` of the next page; null on the last one.'),
});

/** A list of tags. Null, like an empty list, means no tags; each tag counts once, and a text of only spaces is no tag. */
const changedTags = z
  .array(textSchema(0, eventLimits.tag, z.string().trim()))
  .max(eventLimits.tags)
  .nullable()
  .transform((tags) => [...new Set(tags?.filter((tag) => tag !== ''))]);

/**
 * Body of `PATCH /api/runs/{runId}`. Absent fields stay unchanged; null, or a text of only spaces, removes a text. A name
 * and tags replace those that the publisher sent.
 */
export const runChangesSchema = z
  .strictObject({
    title: annotation(200).optional(),
    note: annotation(10_000).optional(),
    pinned: z.boolean().optional(),
    name: annotation(eventLimits.runName).optional(),
    tags: changedTags.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'expected title, note, pinned, name or tags')
  // Repeats the refinement for the documents, which cannot read it from a function.
  .meta({ minProperties: 1 });

/** Response of `DELETE /api/runs/{runId}`. */
export const runDeletionSchema = z.object({
  runId: runIdSchema,
  folder: z
    .enum(['removed', 'none', 'kept'])
    .describe(
      "What happened to the run's folder below `--runs`: it was removed, there was none, or it could not be removed and stays.",
    ),
});

/** Query parameters of `GET /api/runs/{runId}/events`. In a URL, their values are strings. */
export const eventPageQuerySchema = querySchema({
  after: numericString.pipe(z.int().nonnegative()).default(0).describe('Only events after this seq.'),
  limit: numericString.pipe(z.int().min(1).max(2_000)).default(500).describe('Maximum number of events.'),
  types: eventTypeListSchema
    .optional()
    .describe('Only these event types, separated by commas; all by default.'),
});

/** Response of `GET /api/runs/{runId}/events`; `nextAfter` is null if no events follow now. */
export const eventPageSchema = z.object({
  events: z.array(eventSchema),
  nextAfter: z.int().nonnegative().nullable(),
});

export type RunChanges = z.infer<typeof runChangesSchema>;
export type RunDeletion = z.infer<typeof runDeletionSchema>;
export type RunList = z.infer<typeof runListSchema>;
export type RunListQuery = z.infer<typeof runListQuerySchema>;
export type RunSort = z.infer<typeof runSortSchema>;
export type RunStatus = z.infer<typeof runStatusSchema>;
export type RunSummary = z.infer<typeof runSummarySchema>;

/** The snapshots of a run that can be read. */
export const runSnapshotsSchema = z.object({
  runId: runIdSchema,
  snapshots: z
    .array(snapshotDataSchema.extend({ seq: z.int().positive(), time: z.string() }))
    .describe(
      'The data of each `snapshot` event whose file can be read, with the seq and time of the event.',
    ),
});
export type RunSnapshots = z.infer<typeof runSnapshotsSchema>;
