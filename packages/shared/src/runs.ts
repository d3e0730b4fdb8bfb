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
import { numeric } from './numeric.ts';

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
export const runSummary = z
  .object({
    runId,
    status: runStatus,
    connected: z.boolean().describe('Whether its publisher is connected now.'),
    commands: z.array(commandName).describe('Which commands its publisher takes; none while it is away.'),
    startedAt: z.iso.datetime(),
    lastEventAt: z.iso.datetime(),
    lastSeq: z.int().positive(),
    bytes: z.int().nonnegative().describe('Size of its events as text.'),
    title: z.string().nullable().describe('Given by whoever looks after the runs; null until then.'),
    note: z.string().nullable(),
    pinned: z.boolean().describe('Whether it is kept whatever `--keep` says.'),
    model: z.boolean().describe('Whether saved weights can be fetched below `/api/runs/{runId}/model/`.'),
    started: runStartedData.nullable(),
    batch: batchData.nullable(),
    epoch: epochData.nullable(),
    bestAccuracy: z
      .number()
      .nullable()
      .describe(
        'The highest accuracy on the test images so far; null before the first epoch, and when none is a number.',
      ),
    finished: runFinishedData.nullable(),
  })
  .describe('One run at a glance.');

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
  folder: z
    .enum(['removed', 'none', 'kept'])
    .describe(
      "Of the run's folder below `--runs`: removed, not there, or still there because it could not be removed.",
    ),
});

/** Query of `GET /api/runs/{runId}/events`, as strings from the address. */
export const eventPageQuery = z.object({
  after: numeric.pipe(z.int().nonnegative()).default(0).describe('Only events that follow this seq.'),
  limit: numeric.pipe(z.int().min(1).max(2_000)).default(500).describe('At most so many events.'),
  types: eventTypeList.optional().describe('Only these types, separated by commas; all when left out.'),
});

/** Answer of `GET /api/runs/{runId}/events`; `nextAfter` is null when nothing follows now. */
export const eventPage = z.object({ events: z.array(event), nextAfter: z.int().nonnegative().nullable() });

export type RunChanges = z.infer<typeof runChanges>;
export type RunRemoved = z.infer<typeof runRemoved>;
export type RunStatus = z.infer<typeof runStatus>;
export type RunSummary = z.infer<typeof runSummary>;
