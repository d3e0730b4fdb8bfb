import {
  emptyQuerySchema,
  encode,
  MonitorError,
  runChangesSchema,
  runDeletionSchema,
  runSummarySchema,
} from '@mnist-monitor/shared';
import type { FastifyRequest } from 'fastify';
import type { Limits } from '../../limits.ts';
import { annotationsOf } from '../../runs/annotations.ts';
import { type RemovalContext, removeRun } from '../../runs/removal.ts';
import { isFinished } from '../../runs/retention.ts';
import type { RunSummaries } from '../../runs/run-summaries.ts';
import type { CommandAuthorizer } from '../../trust/authorization.ts';
import type { App } from '../app.ts';
import { parseJsonBodies } from '../plugins/json-bodies.ts';
import { runNotFound, sendJson } from '../replies.ts';
import { changeErrors, commandTokenSecurity, responses, runParams } from '../route-schema.ts';

export interface RunChangesOptions extends RemovalContext {
  runs: RunSummaries;
  authorizer: Pick<CommandAuthorizer, 'authorizeRequest'>;
  limits: Limits;
}

/**
 * The maximum size of a body: enough for a note of 10,000 characters and the other texts, in any script and encoding. An emoji has 12
 * bytes as `\u` escapes.
 */
const bodyBytes = 136 * 1024;

/** Adds the routes that change or delete a run, for the clients that may send commands to its trainer. */
export function addRunChangeRoutes(app: App, options: RunChangesOptions): void {
  const { runs, store, hub, folders, authorizer, limits } = options;
  // Authorization comes before validation, so that an unauthorized client does not learn whether its parameters are valid.
  const preValidation = async (request: FastifyRequest): Promise<void> =>
    authorizer.authorizeRequest(request);
  parseJsonBodies(app, limits);

  const changeRunSchema = {
    operationId: 'changeRun',
    summary:
      'Changes the title, note, pin, name or tags of a run. Fields that are left out keep their values. Returns the summary.',
    params: runParams,
    querystring: emptyQuerySchema,
    body: runChangesSchema,
    security: commandTokenSecurity,
    response: responses({ ok: runSummarySchema, errors: changeErrors, hasBody: true }),
  };
  app.patch(
    '/api/runs/:runId',
    { schema: changeRunSchema, preValidation, bodyLimit: bodyBytes },
    async ({ params: { runId }, body }, reply) => {
      const isChanged = await store.annotate(runId, body);
      const summary = isChanged ? await runs.summary(runId) : undefined;
      if (!summary) throw runNotFound(runId);
      hub.broadcast(annotationsOf(summary));
      return sendJson(reply, encode(summary));
    },
  );

  const removeRunSchema = {
    operationId: 'removeRun',
    summary: 'Deletes a run that has ended: its events, and its folder beside the database if there is one.',
    params: runParams,
    querystring: emptyQuerySchema,
    security: commandTokenSecurity,
    response: responses({ ok: runDeletionSchema, errors: [...changeErrors, 'run.busy'] }),
  };
  app.delete(
    '/api/runs/:runId',
    { schema: removeRunSchema, preValidation },
    async ({ params: { runId }, log }, reply) => {
      const state = await runs.state(runId);
      if (!state) throw runNotFound(runId);
      const isHeld = state.connected || (await folders.isHeld(runId));
      if (isHeld || !isFinished(state))
        throw new MonitorError(
          'run.busy',
          `expected a run that has ended, but ${runId} is ${isHeld ? 'held by its trainer' : state.status}: stop it first, or wait until it counts as interrupted`,
        );
      const folder = await removeRun(options, runId);
      if (!folder) throw runNotFound(runId);
      log.info({ runId, folder }, 'removed a run');
      return sendJson(reply, encode({ runId, folder }));
    },
  );
}
