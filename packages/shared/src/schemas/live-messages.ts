import { z } from 'zod';
import { commandAccessSchema, commandNameSchema, commandResultSchema } from './commands.ts';
import { eventSchema, runIdSchema } from './events.ts';
import { eventTypeListSchema, numericString } from './query-values.ts';
import { runStatusSchema, runSummarySchema } from './runs.ts';

/** Query of `/live`, as strings from the address. */
export const liveQuerySchema = z.object({
  run: z
    .union([z.literal('latest'), runIdSchema])
    .default('latest')
    .describe('`latest` follows the newest run and each that begins later; a run id stays with that run.'),
  after: numericString.pipe(z.int().nonnegative()).default(0).describe('Send only what follows this seq.'),
  afterRun: runIdSchema
    .optional()
    .describe(
      'With `run=latest`: the run that `after` belongs to. When a newer one has begun meanwhile, the feed finishes this one first.',
    ),
  types: eventTypeListSchema.optional().describe('Only these types, separated by commas; all when left out.'),
  maxRate: numericString
    .pipe(z.number().min(0.01).max(1_000))
    .optional()
    .describe('Of what comes live, at most so many `batch` events a second: the newest; all when left out.'),
  complete: z
    .stringbool()
    .default(false)
    .describe('Whether to send every event even to a client that reads so slowly that it falls far behind.'),
  bundle: z
    .stringbool()
    .default(false)
    .describe(
      'Whether to send what is there already as `events`: a browser takes in a long run several times as fast so.',
    ),
});

const hello = z
  .object({
    type: z.literal('hello'),
    server: z.string().describe('Version of the gateway.'),
    run: runSummarySchema
      .nullable()
      .describe(
        'The run whose events follow, as it stands now; null while there is none. Comes again when a new run begins.',
      ),
    heartbeatMs: z.int().positive().describe('The feed says `heartbeat` when it has been silent this long.'),
    commands: commandAccessSchema.describe('Whether this viewer may command.'),
    waitingTrainers: z.int().nonnegative().describe('How many trainers wait for the command `start`.'),
  })
  .describe('Always first, and again when the feed goes on with another run.');

const live = z
  .object({
    type: z.literal('live'),
    seq: z
      .int()
      .nonnegative()
      .describe('The client has everything up to here; what follows comes as it happens.'),
  })
  .describe('The client has caught up. Comes again when it had fallen behind.');

/** Each is checked by itself: one that does not fit costs no other. */
const events = z
  .object({ type: z.literal('events'), events: z.array(z.unknown()).min(1) })
  .describe('Events that follow each other, in one message, for a client that asked for `bundle=true`.');

const gap = z
  .object({
    type: z.literal('gap'),
    from: z.int().positive().describe('`batch` events from here …'),
    to: z.int().positive().describe('… to here were skipped, because the client reads too slowly.'),
  })
  .describe('Stale events were skipped. Comes before the event that follows them.');

const heartbeat = z
  .object({ type: z.literal('heartbeat'), time: z.iso.datetime() })
  .describe('The feed has been silent for a while, and is alive.');

const store = z
  .object({
    type: z.literal('store'),
    state: z
      .enum(['ok', 'failing'])
      .describe(
        '`failing`: new events are not kept for now, so none come; publishers hold them and come back.',
      ),
    message: z.string().describe('What is in the way, in one line; empty when nothing is.'),
  })
  .describe('Whether the gateway can keep events.');

const status = z
  .object({
    type: z.literal('status'),
    runId: runIdSchema,
    status: runStatusSchema,
    connected: z.boolean().describe('Whether its publisher is connected now.'),
    commands: z
      .array(commandNameSchema)
      .describe('Which commands its publisher takes; none while it is away.'),
    viewers: z.int().nonnegative().describe('How many viewers there are now, at all gateways of one store.'),
  })
  .describe(
    'Something about a run has changed that is no event of it; of any run, whichever this viewer follows.',
  );

const trainers = z
  .object({
    type: z.literal('trainers'),
    waiting: z.int().nonnegative().describe('How many trainers wait for the command `start` now.'),
  })
  .describe('The number of trainers that wait has changed.');

const annotated = z
  .object({
    type: z.literal('annotated'),
    runId: runIdSchema,
    title: z.string().nullable(),
    note: z.string().nullable(),
    pinned: z.boolean(),
  })
  .describe('What is said about a run has changed; of any run, whichever this viewer follows.');

const removed = z
  .object({ type: z.literal('removed'), runId: runIdSchema })
  .describe(
    'A run was removed; whoever follows it is closed with `runDeleted`, or goes on with the latest that is left.',
  );

/** Whatever the live feed sends beside events. */
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

/** One message of the live feed. */
export const liveMessageSchema = z.discriminatedUnion('type', [eventSchema, events, liveControlSchema]);

export type LiveQuery = z.infer<typeof liveQuerySchema>;
export type LiveControl = z.infer<typeof liveControlSchema>;
export type StoreState = z.infer<typeof store>;
export type LiveHello = z.infer<typeof hello>;
export type RunAnnotated = z.infer<typeof annotated>;
export type RunRemoved = z.infer<typeof removed>;
export type LiveStatus = z.infer<typeof status>;
export type LiveMessage = z.infer<typeof liveMessageSchema>;
