import { z } from 'zod';
import { commandAccessSchema, commandResultSchema } from './commands.ts';
import { runIdSchema, streamIdSchema } from './envelope.ts';
import { eventSchema } from './events.ts';
import { booleanTextSchema, eventTypeListSchema, numericString, querySchema } from './query-values.ts';
import { runNameSchema } from './run-started.ts';
import { runLabelsSchema, runStateSchema, runSummarySchema } from './runs.ts';

/** Query parameters of `/live`. In a URL, their values are strings. */
export const liveQuerySchema = querySchema({
  run: z
    .union([z.literal('latest'), runIdSchema])
    .default('latest')
    .describe('`latest` follows the newest run and each newer one; a run id follows that run only.'),
  after: numericString.pipe(z.int().nonnegative()).default(0).describe('Send only events after this seq.'),
  afterRun: runIdSchema
    .optional()
    .describe(
      'With `run=latest`: the run that `after` refers to. If a newer run has started, the feed finishes this one first.',
    ),
  stream: streamIdSchema
    .optional()
    .describe(
      'The stream that `after` refers to: `run.stream` of the last `hello`. If the run has another one, the feed begins with its first event.',
    ),
  types: eventTypeListSchema
    .optional()
    .describe('Send only these event types, separated by commas; all by default.'),
  maxRate: numericString
    .pipe(z.number().min(0.01).max(1_000))
    .optional()
    .describe(
      'Maximum number of live `batch` events per second, of which the newest are sent; no limit by default.',
    ),
  complete: booleanTextSchema
    .default(false)
    .describe(
      'Whether to send every event however far the client falls behind, instead of skipping outdated batches.',
    ),
  bundle: booleanTextSchema
    .default(false)
    .describe(
      'Whether to send past events as `events` messages, which a browser reads several times faster.',
    ),
});

const startingRunSchema = z.object({
  runId: runIdSchema
    .nullable()
    .describe(
      'Id of the run; null until the trainer has accepted `start`, and for a start from the queue of a trainer.',
    ),
  name: runNameSchema.nullable().describe('Name of the run in the command; null if it has none.'),
});

const starting = z
  .array(startingRunSchema)
  .optional()
  .describe(
    'The runs that trainers are preparing: they were sent `start`, or go on with their queue, and the run has no event yet. Absent from older gateways.',
  );

const hello = z
  .object({
    type: z.literal('hello'),
    server: z.string().describe('Version of the gateway.'),
    run: runSummarySchema
      .nullable()
      .describe('Summary of the run whose events follow; null while there is none.'),
    after: z
      .int()
      .nonnegative()
      .optional()
      .describe(
        'Events of `run` after this seq follow: the requested `after`, or 0. Absent from older gateways.',
      ),
    restart: z
      .enum(['otherStream', 'beyondEnd'])
      .optional()
      .describe(
        'Present if the events of the same run follow from the beginning although the viewer had some: `otherStream` if the run was replaced or has lost events, `beyondEnd` if it has the same stream, but ends before the requested `after`. Discard the events that were received before.',
      ),
    heartbeatMs: z.int().positive().describe('The feed sends `heartbeat` after this much silence.'),
    commands: commandAccessSchema.describe('Whether this viewer may send commands.'),
    commandsOffReason: z
      .string()
      .optional()
      .describe('Why `commands` is `off`, and what to set; absent otherwise.'),
    waitingTrainers: z.int().nonnegative().describe('Number of trainers that wait for the command `start`.'),
    starting,
  })
  .describe('Always the first message, and sent again when the feed continues with another run or stream.');

const live = z
  .object({
    type: z.literal('live'),
    seq: z
      .int()
      .nonnegative()
      .describe('Every event up to this seq has been sent; later events follow as they happen.'),
  })
  .describe('The client has caught up. Sent again after it had fallen behind.');

const events = z
  .object({ type: z.literal('events'), events: z.array(eventSchema).min(1) })
  .describe('Consecutive events in one message, for clients with `bundle=true`.');

const gap = z
  .object({
    type: z.literal('gap'),
    from: z.int().positive().describe('First seq of the range in which events were skipped.'),
    to: z.int().positive().describe('Last seq of the range.'),
  })
  .describe(
    'Events were skipped: outdated `batch` events because the client reads too slowly, or events that are missing from the store. Sent before the first event after the range.',
  );

const heartbeat = z
  .object({ type: z.literal('heartbeat'), time: z.iso.datetime() })
  .describe('Sent when nothing else was sent for `heartbeatMs`.');

const store = z
  .object({
    type: z.literal('store'),
    state: z
      .enum(['ok', 'failing'])
      .describe(
        '`failing` while the gateway cannot store events, so that none arrive; publishers keep theirs and reconnect.',
      ),
    message: z.string().describe('Cause of the failure in one line; empty if there is none.'),
  })
  .describe('Whether the gateway can store events.');

const status = z
  .object({
    type: z.literal('status'),
    runId: runIdSchema,
    ...runStateSchema.shape,
    viewers: z.int().nonnegative().describe('Number of viewers at all gateways that share a store.'),
  })
  .describe(
    'The status or publisher of a run has changed, or the number of viewers; sent for any run, whichever the viewer follows.',
  );

const trainers = z
  .object({
    type: z.literal('trainers'),
    waiting: z.int().nonnegative().describe('Number of trainers that wait for the command `start`.'),
    starting,
  })
  .describe('The number of waiting trainers, or the runs that trainers are preparing, have changed.');

const annotated = z
  .object({
    type: z.literal('annotated'),
    runId: runIdSchema,
    title: z.string().nullable(),
    note: z.string().nullable(),
    pinned: z.boolean(),
    ...runLabelsSchema.shape,
  })
  .describe(
    'The title, note, pin, name or tags of a run have changed; sent for any run, whichever the viewer follows.',
  );

const removed = z
  .object({ type: z.literal('removed'), runId: runIdSchema })
  .describe(
    'A run was deleted. Its viewers are closed with `runDeleted`; viewers of `latest` continue with the newest remaining run.',
  );

/** Messages of the live feed other than events. */
export const liveControlSchema = z.discriminatedUnion('type', [
  hello,
  live,
  gap,
  store,
  status,
  trainers,
  annotated,
  removed,
  commandResultSchema,
  heartbeat,
]);

/** A message of the live feed. `decodeLive` validates the events of `events` one by one instead of all together. */
export const liveMessageSchema = z.discriminatedUnion('type', [eventSchema, events, liveControlSchema]);

export type LiveQuery = z.infer<typeof liveQuerySchema>;
export type LiveControl = z.infer<typeof liveControlSchema>;
export type StoreState = z.infer<typeof store>;
export type LiveHello = z.infer<typeof hello>;
export type RunAnnotated = z.infer<typeof annotated>;
export type RunRemoved = z.infer<typeof removed>;
export type StartingRun = z.infer<typeof startingRunSchema>;
export type LiveStatus = z.infer<typeof status>;
export type LiveMessage = z.infer<typeof liveMessageSchema>;
