import { z } from 'zod';
import { commandName } from './commands.ts';
import {
  batchData,
  epochData,
  event,
  eventTypeList,
  finishedStatus,
  runFinishedData,
  runId,
  runStartedData,
} from './events.ts';

/**
 * Where a run stands: the status of `run.finished` while that is its last event, otherwise as the gateway sees it.
 * `stalled`: nothing has come for a while; `interrupted` also: its publisher has been away for long. Either may go on.
 */
export const runStatus = z.enum(['running', 'paused', 'stalled', ...finishedStatus.options]);

const words = (limit: number) =>
  z
    .string()
    .trim()
    .max(limit)
    .nullable()
    .transform((text) => text || null);

/** One run at a glance: what the list shows, and the header before the events have come. */
export const runSummary = z.object({
  runId,
  status: runStatus,
  /** Whether its publisher is connected now. */
  connected: z.boolean(),
  /** Which commands its publisher takes; none while it is away. */
  commands: z.array(commandName),
  startedAt: z.iso.datetime(),
  lastEventAt: z.iso.datetime(),
  lastSeq: z.int().positive(),
  /** Size of its events as text. */
  bytes: z.int().nonnegative(),
  /** Given by whoever looks after the runs; null until then. */
  title: z.string().nullable(),
  note: z.string().nullable(),
  /** Whether it is kept whatever `--keep` says. */
  pinned: z.boolean(),
  /** Whether saved weights can be fetched below `/api/runs/{runId}/model/`. */
  model: z.boolean(),
  started: runStartedData.nullable(),
  batch: batchData.nullable(),
  epoch: epochData.nullable(),
  /** The highest accuracy on the test images so far; null before the first epoch, and when none is a number. */
  bestAccuracy: z.number().nullable(),
  finished: runFinishedData.nullable(),
});

/** Answer of `GET /api/runs`: newest first. */
export const runList = z.object({ runs: z.array(runSummary) });

/** Body of `PATCH /api/runs/{runId}`: what is left out stays; null, or nothing but space, takes a text away. */
export const runChanges = z
  .strictObject({
    title: words(200).optional(),
    note: words(10_000).optional(),
    pinned: z.boolean().optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'expected title, note or pinned');

/** Answer of `DELETE /api/runs/{runId}`. */
export const runRemoved = z.object({
  runId,
  /** Of the run's folder below `--runs`: removed, not there, or still there because it could not be removed. */
  folder: z.enum(['removed', 'none', 'kept']),
});

/** Query of `GET /api/runs/{runId}/events`, as strings from the address. */
export const eventPageQuery = z.object({
  /** Only events that follow this seq. */
  after: z.coerce.number().int().nonnegative().default(0),
  /** At most so many events. */
  limit: z.coerce.number().int().min(1).max(2_000).default(500),
  /** Only these types, separated by commas; all when left out. */
  types: eventTypeList.optional(),
});

/** Answer of `GET /api/runs/{runId}/events`; `nextAfter` is null when nothing follows now. */
export const eventPage = z.object({ events: z.array(event), nextAfter: z.int().nonnegative().nullable() });

export type RunChanges = z.infer<typeof runChanges>;
export type RunRemoved = z.infer<typeof runRemoved>;
export type RunStatus = z.infer<typeof runStatus>;
export type RunSummary = z.infer<typeof runSummary>;
