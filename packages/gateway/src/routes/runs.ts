import { check, describeIssues, encode, eventPageQuery, MonitorError, runId } from '@mnist-monitor/shared';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Runs } from '../runs.ts';
import type { Store } from '../store/store.ts';

export interface RunRoutesOptions {
  runs: Runs;
  store: Store;
  /** How many of the newest runs the list has. */
  listedRuns: number;
}

type RunRequest = { Params: { runId: string } };

/** `/api/runs`, `/api/runs/:runId` and `/api/runs/:runId/events`. */
export function addRunRoutes(app: FastifyInstance, { runs, store, listedRuns }: RunRoutesOptions): void {
  app.get('/api/runs', async (_request, reply) =>
    sendJson(reply, encode({ runs: await runs.list(listedRuns) })),
  );

  app.get<RunRequest>('/api/runs/:runId', async (request, reply) => {
    const summary = await runs.summary(read(runId, request.params.runId));
    if (!summary) throw noSuchRun(request.params.runId);
    return sendJson(reply, encode(summary));
  });

  app.get<RunRequest>('/api/runs/:runId/events', async (request, reply) => {
    const id = read(runId, request.params.runId);
    const query = read(eventPageQuery, request.query);
    if ((await store.lastSeq(id)) === 0) throw noSuchRun(id);
    const { events, through, more } = await store.page(id, query);
    // Events are sent as they are kept: no need to read them and write them again.
    const list = events.map(({ json }) => json).join(',');
    return sendJson(reply, `{"events":[${list}],"nextAfter":${more ? through : null}}`);
  });
}

function read<S extends z.ZodType>(schema: S, given: unknown): z.infer<S> {
  const result = check(schema, given);
  if (!result.ok) throw new MonitorError('request.invalid', describeIssues(result.error.issues));
  return result.value;
}

const noSuchRun = (id: string): MonitorError => new MonitorError('run.not_found', `there is no run ${id}`);

const sendJson = (reply: FastifyReply, json: string): FastifyReply =>
  reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(json);
