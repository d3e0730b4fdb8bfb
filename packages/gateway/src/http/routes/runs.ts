import { encode, eventPageQuerySchema, runIdSchema } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { RunSummaries } from '../../runs/run-summaries.ts';
import type { Store } from '../../store/store.ts';
import { TimeSlicer } from '../../time-slicer.ts';
import { noSuchRun, type RunRequest, read, sendJson } from './answers.ts';

export interface RunRoutesOptions {
  runs: RunSummaries;
  store: Store;
  /** How many of the newest runs the list has. */
  listedRuns: number;
}

/** `/api/runs`, `/api/runs/:runId` and `/api/runs/:runId/events`. */
export function addRunRoutes(app: FastifyInstance, { runs, store, listedRuns }: RunRoutesOptions): void {
  app.get('/api/runs', async (_request, reply) => {
    const texts: string[] = [];
    const slices = new TimeSlicer();
    for (const summary of await runs.list(listedRuns)) {
      texts.push(encode(summary));
      await slices.yieldIfDue();
    }
    return sendJson(reply, `{"runs":[${texts.join(',')}]}`);
  });

  app.get<RunRequest>('/api/runs/:runId', async (request, reply) => {
    const summary = await runs.summary(read(runIdSchema, request.params.runId));
    if (!summary) throw noSuchRun(request.params.runId);
    return sendJson(reply, encode(summary));
  });

  app.get<RunRequest>('/api/runs/:runId/events', async (request, reply) => {
    const id = read(runIdSchema, request.params.runId);
    const query = read(eventPageQuerySchema, request.query);
    if ((await store.lastSeq(id)) === 0) throw noSuchRun(id);
    const { events, through, more } = await store.page(id, query);
    // Events are sent as they are kept: no need to read them and write them again.
    const list = events.map(({ json }) => json).join(',');
    return sendJson(reply, `{"events":[${list}],"nextAfter":${more ? through : null}}`);
  });
}
