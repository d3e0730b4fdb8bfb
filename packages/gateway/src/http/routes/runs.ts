import {
  encode,
  eventPageQuerySchema,
  eventPageSchema,
  runListSchema,
  runSummarySchema,
} from '@mnist-monitor/shared';
import type { RunSummaries } from '../../runs/run-summaries.ts';
import { type ReadPagesOptions, readPages } from '../../store/pages.ts';
import { maxPageBytes, type Store } from '../../store/store.ts';
import { TimeSlicer } from '../../time-slicer.ts';
import type { App } from '../app.ts';
import { runNotFound, sendJson, sendJsonPieces } from '../replies.ts';
import { responses, runErrors, runParams, storeErrors } from '../route-schema.ts';

export interface RunRoutesOptions {
  runs: RunSummaries;
  store: Store;
  /** The list contains at most this many runs, the newest. */
  listedRuns: number;
}

/** Adds the routes that read runs and their events. */
export function addRunRoutes(app: App, { runs, store, listedRuns }: RunRoutesOptions): void {
  const listRuns = {
    operationId: 'listRuns',
    summary: `The newest runs, at most ${listedRuns}, newest first.`,
    response: responses({ ok: runListSchema, errors: storeErrors }),
  };
  app.get('/api/runs', { schema: listRuns }, async (_request, reply) => {
    const texts: string[] = [];
    const slices = new TimeSlicer();
    for (const summary of await runs.list(listedRuns)) {
      texts.push(encode(summary));
      await slices.yieldIfDue();
    }
    return sendJson(reply, `{"runs":[${texts.join(',')}]}`);
  });

  const getRun = {
    operationId: 'getRun',
    summary: 'The summary of a run.',
    params: runParams,
    response: responses({ ok: runSummarySchema, errors: runErrors }),
  };
  app.get('/api/runs/:runId', { schema: getRun }, async ({ params: { runId } }, reply) => {
    const summary = await runs.summary(runId);
    if (!summary) throw runNotFound(runId);
    return sendJson(reply, encode(summary));
  });

  const readEvents = {
    operationId: 'readEvents',
    summary:
      'Events in order. A page may be shorter than `limit`, even empty, although more events follow: continue with `after=nextAfter` until that is null.',
    params: runParams,
    querystring: eventPageQuerySchema,
    response: responses({ ok: eventPageSchema, errors: runErrors }),
  };
  app.get('/api/runs/:runId/events', { schema: readEvents }, async ({ params: { runId }, query }, reply) => {
    const lastSeq = await store.lastSeq(runId);
    if (lastSeq === 0) throw runNotFound(runId);
    return sendJsonPieces(reply, eventPage(store, { runId, to: lastSeq, ...query }));
  });
}

/** Makes a page of events as JSON, a piece at a time. Events are sent as they are stored, without parsing them. */
async function* eventPage(
  store: Store,
  { limit, ...selection }: ReadPagesOptions & { limit: number },
): AsyncGenerator<string> {
  let separator = '{"events":[';
  let nextAfter: number | undefined;
  let [count, bytes] = [0, 0];
  for await (const page of readPages(store, selection)) {
    const events = page.events.slice(0, limit - count);
    const list = events.map(({ json }) => json).join(',');
    if (events.length > 0) {
      yield separator + list;
      separator = ',';
    }
    count += events.length;
    bytes += list.length;
    nextAfter = events.length < page.events.length ? events.at(-1)!.seq : page.through;
    if (count === limit || bytes >= maxPageBytes) break;
  }
  const isWhole = nextAfter === undefined || nextAfter >= selection.to;
  yield `${count > 0 ? '' : separator}],"nextAfter":${isWhole ? null : nextAfter}}`;
}
