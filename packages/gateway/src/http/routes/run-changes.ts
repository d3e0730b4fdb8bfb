import { encode, MonitorError, runChangesSchema, runIdSchema } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import { type RemovalContext, removeRun } from '../../runs/removal.ts';
import { isFinished } from '../../runs/retention.ts';
import type { RunSummaries } from '../../runs/run-summaries.ts';
import type { Authority } from '../../trust/authority.ts';
import { noSuchRun, type RunRequest, read, sendJson } from './answers.ts';

export interface RunChangesOptions extends RemovalContext {
  runs: RunSummaries;
  authority: Pick<Authority, 'demandOf'>;
}

/** A title and a note are short. */
const bodyBytes = 64 * 1024;

/** `PATCH` and `DELETE` of `/api/runs/:runId`, for those who may command. */
export function addRunChangeRoutes(app: FastifyInstance, options: RunChangesOptions): void {
  const { runs, store, hub, folders, authority } = options;
  // Clients that say JSON of every request may say it of one without a body, as a DELETE is.
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null) : parseJson(request, String(body), done),
  );

  app.patch<RunRequest>('/api/runs/:runId', { bodyLimit: bodyBytes }, async (request, reply) => {
    authority.demandOf(request);
    const id = read(runIdSchema, request.params.runId);
    const changed = await store.annotate(id, read(runChangesSchema, request.body));
    const summary = changed ? await runs.summary(id) : undefined;
    if (!summary) throw noSuchRun(id);
    const { title, note, pinned } = summary;
    hub.broadcast({ type: 'annotated', runId: id, title, note, pinned });
    return sendJson(reply, encode(summary));
  });

  app.delete<RunRequest>('/api/runs/:runId', async (request, reply) => {
    authority.demandOf(request);
    const id = read(runIdSchema, request.params.runId);
    const summary = await runs.summary(id);
    if (!summary) throw noSuchRun(id);
    const isHeld = summary.connected || (await folders.isHeld(id));
    if (isHeld || !isFinished(summary))
      throw new MonitorError(
        'run.busy',
        `expected a run that is over, but ${id} is ${isHeld ? 'held by its trainer' : summary.status}: stop it first, or wait until it counts as interrupted`,
      );
    const folder = await removeRun(options, id);
    if (!folder) throw noSuchRun(id);
    request.log.info({ runId: id, folder }, 'removed a run');
    return sendJson(reply, encode({ runId: id, folder }));
  });
}
