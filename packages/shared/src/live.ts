import { z } from 'zod';
import { commandAccess, commandName, commandResult } from './commands.ts';
import { event, eventTypeList, runId } from './events.ts';
import { runStatus, runSummary } from './runs.ts';

/** WebSocket subprotocol of the live feed. */
export const liveSubprotocol = 'mnist-monitor.v1';

/** Query of `/live`, as strings from the address. */
export const liveQuery = z.object({
  /** `latest` follows the newest run and each that begins later; a run id stays with that run. */
  run: z.union([z.literal('latest'), runId]).default('latest'),
  /** Send only what follows this seq. */
  after: z.coerce.number().int().nonnegative().default(0),
  /**
   * With `run=latest`: the run that `after` belongs to. When a newer one has begun meanwhile,
   * the feed finishes this one first.
   */
  afterRun: runId.optional(),
  /** Only these types, separated by commas; all when left out. */
  types: eventTypeList.optional(),
  /** Of what comes live, at most so many `batch` events a second: the newest; all when left out. */
  maxRate: z.coerce.number().min(0.01).max(1_000).optional(),
  /** Whether to send every event even to a client that reads so slowly that it falls far behind. */
  complete: z.stringbool().default(false),
  /** Whether to send what is there already as `events`: a browser takes in a long run several times as fast so. */
  bundle: z.stringbool().default(false),
});

const hello = z.object({
  type: z.literal('hello'),
  /** Version of the gateway. */
  server: z.string(),
  /** The run whose events follow, as it stands now; null while there is none. Comes again when a new run begins. */
  run: runSummary.nullable(),
  /** The feed says `heartbeat` when it has been silent this long. */
  heartbeatMs: z.int().positive(),
  /** Whether this viewer may command. */
  commands: commandAccess,
  /** How many trainers wait for the command `start`. */
  waitingTrainers: z.int().nonnegative(),
});

const live = z.object({
  type: z.literal('live'),
  /** The client has everything up to here; what follows comes as it happens. */
  seq: z.int().nonnegative(),
});

/** Events that follow each other, in one message. Each is checked by itself: one that does not fit costs no other. */
const events = z.object({ type: z.literal('events'), events: z.array(z.unknown()).min(1) });

const gap = z.object({
  type: z.literal('gap'),
  /** `batch` events from here … */
  from: z.int().positive(),
  /** … to here were skipped, because the client reads too slowly. */
  to: z.int().positive(),
});

const heartbeat = z.object({ type: z.literal('heartbeat'), time: z.iso.datetime() });

const store = z.object({
  type: z.literal('store'),
  /** `failing`: new events are not kept for now, so none come; publishers hold them and come back. */
  state: z.enum(['ok', 'failing']),
  /** What is in the way, in one line; empty when nothing is. */
  message: z.string(),
});

/** Something about a run has changed that is no event of it; of any run, whichever this viewer follows. */
const status = z.object({
  type: z.literal('status'),
  runId,
  status: runStatus,
  /** Whether its publisher is connected now. */
  connected: z.boolean(),
  /** Which commands its publisher takes; none while it is away. */
  commands: z.array(commandName),
  /** How many viewers the gateway has now. */
  viewers: z.int().nonnegative(),
});

const trainers = z.object({
  type: z.literal('trainers'),
  /** How many trainers wait for the command `start` now. */
  waiting: z.int().nonnegative(),
});

/** What is said about a run has changed; of any run, whichever this viewer follows. */
const annotated = z.object({
  type: z.literal('annotated'),
  runId,
  title: z.string().nullable(),
  note: z.string().nullable(),
  pinned: z.boolean(),
});

/** A run was removed; whoever follows it is closed with `runDeleted`, or goes on with the latest that is left. */
const removed = z.object({ type: z.literal('removed'), runId });

/** Whatever the live feed sends beside events. */
export const liveControl = z.discriminatedUnion('type', [
  hello,
  live,
  gap,
  store,
  status,
  trainers,
  annotated,
  removed,
  commandResult,
  heartbeat,
]);

/** One message of the live feed. */
export const liveMessage = z.discriminatedUnion('type', [event, events, liveControl]);

export type LiveQuery = z.infer<typeof liveQuery>;
export type LiveControl = z.infer<typeof liveControl>;
export type StoreState = z.infer<typeof store>;
export type LiveHello = z.infer<typeof hello>;
export type RunAnnotated = z.infer<typeof annotated>;
export type RunGone = z.infer<typeof removed>;
export type LiveStatus = z.infer<typeof status>;
export type LiveMessage = z.infer<typeof liveMessage>;
