import {
  emptyQuerySchema,
  encode,
  eventPageQuerySchema,
  eventPageSchema,
  runListQuerySchema,
  runListSchema,
  runSummarySchema,
} from '@mnist-monitor/shared';
import { RunIndex } from '../../runs/run-index.ts';
import { type RunListPage, selectRuns } from '../../runs/run-list.ts';
import type { RunSummaries } from '../../runs/run-summaries.ts';
import { maxPageLength } from '../../store/event-rules.ts';
import { type ReadPagesOptions, readPages } from '../../store/pages.ts';
import type { Store } from '../../store/store.ts';
import { TimeSlicer } from '../../time-slicer.ts';
import type { App } from '../app.ts';
import { disconnectSignal, runNotFound, sendJson, sendJsonPieces } from '../replies.ts';
import { responses, runErrors, runParams, storeErrors } from '../route-schema.ts';

export interface RunRoutesOptions {
  runs: RunSummaries;
  store: Store;
}

/** Adds the routes that read runs and their events. */
export function addRunRoutes(app: App, { runs, store }: RunRoutesOptions): void {
  const index = new RunIndex({ store, runs });
  const listRunsSchema = {
    operationId: 'listRuns',
    summary: 'A page of the list of runs, newest first unless `order` and `sort` change that.',
    querystring: runListQuerySchema,
    response: responses({ ok: runListSchema, errors: ['request.invalid', ...storeErrors] }),
  };
  app.get('/api/runs', { schema: listRunsSchema }, async ({ query }, reply) => {
    const page = await selectRuns({ store, index }, query);
    return sendJsonPieces(reply, runList(runs, page));
  });

  const getRunSchema = {
    operationId: 'getRun',
    summary: 'The summary of a run.',
    params: runParams,
    querystring: emptyQuerySchema,
    response: responses({ ok: runSummarySchema, errors: runErrors }),
  };
  app.get('/api/runs/:runId', { schema: getRunSchema }, async ({ params: { runId } }, reply) => {
    const summary = await runs.summary(runId);
    if (!summary) throw runNotFound(runId);
    return sendJson(reply, encode(summary));
  });

  const readEventsSchema = {
    operationId: 'readEvents',
    summary:
      'Events in order. A page may be shorter than `limit`, even empty, although more events follow: continue with `after=nextAfter` until that is null.',
    params: runParams,
    querystring: eventPageQuerySchema,
    response: responses({ ok: eventPageSchema, errors: runErrors }),
  };
  app.get(
    '/api/runs/:runId/events',
    { schema: readEventsSchema },
    async ({ params: { runId }, query }, reply) => {
      const lastSeq = await store.lastSeq(runId);
      if (lastSeq === 0) {
        // If the run has lost all of its events, reading its summary throws the error for a damaged run.
        await store.summary(runId);
        throw runNotFound(runId);
      }
      return sendJsonPieces(
        reply,
        eventPage(store, { runId, to: lastSeq, ...query, signal: disconnectSignal(reply) }),
      );
    },
  );
}

/** Generates a page of the list of runs as JSON, one summary at a time. */
async function* runList(
  runs: RunSummaries,
  { total, runIds, nextCursor }: RunListPage,
): AsyncGenerator<string> {
  const slicer = new TimeSlicer();
  yield `{"total":${total},"runs":[`;
  let separator = '';
  for (const runId of runIds) {
    const summary = await runs.listed(runId);
    // A run may be removed while others are read.
    if (!summary) continue;
    yield separator + encode(summary);
    separator = ',';
    await slicer.yieldIfDue();
  }
  yield `],"nextCursor":${JSON.stringify(nextCursor)}}`;
}

/** Generates a page of events as JSON, piece by piece. Events are sent as they are stored, without parsing them. */
async function* eventPage(
  store: Store,
  { limit, ...selection }: ReadPagesOptions & { limit: number },
): AsyncGenerator<string> {
  let separator = '{"events":[';
  let nextAfter: number | undefined;
  let [count, length] = [0, 0];
  for await (const page of readPages(store, selection)) {
    const events = page.events.slice(0, limit - count);
    const list = events.map(({ json }) => json).join(',');
    if (events.length > 0) {
      yield separator + list;
      separator = ',';
    }
    count += events.length;
    length += list.length;
    nextAfter = events.length < page.events.length ? events.at(-1)!.seq : page.through;
    if (count === limit || length >= maxPageLength) break;
  }
  const isLastPage = nextAfter === undefined || nextAfter >= selection.to;
  yield `${count > 0 ? '' : separator}],"nextAfter":${isLastPage ? null : nextAfter}}`;
}
