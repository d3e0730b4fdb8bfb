import {
  encode,
  eventPageQuerySchema,
  eventPageSchema,
  runListSchema,
  runSummarySchema,
} from '@mnist-monitor/shared';
import type { RunSummaries } from '../../runs/run-summaries.ts';
import type { Store } from '../../store/store.ts';
import { TimeSlicer } from '../../time-slicer.ts';
import type { App } from '../app.ts';
import { runNotFound, sendJson } from '../replies.ts';
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
    if ((await store.lastSeq(runId)) === 0) throw runNotFound(runId);
    const { events, through, more } = await store.page(runId, query);
    // Events are sent as they are stored: parsing and writing them again would only cost time.
    const list = events.map(({ json }) => json).join(',');
    return sendJson(reply, `{"events":[${list}],"nextAfter":${more ? through : null}}`);
  });
}
