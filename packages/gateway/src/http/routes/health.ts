import { z } from 'zod';
import { type HealthCheckedStore, publicMessage } from '../../store/health-checked-store.ts';
import { version } from '../../version.ts';
import type { App } from '../app.ts';
import { retryAfterSeconds } from '../plugins/problems.ts';
import { responses, storeErrors } from '../route-schema.ts';

const isAliveSchema = {
  operationId: 'isAlive',
  summary: 'Whether the process responds.',
  response: responses({ ok: z.object({ status: z.literal('ok'), version: z.string() }) }),
};
const isReadySchema = {
  operationId: 'isReady',
  summary: 'Whether the store works.',
  response: responses({ ok: z.object({ status: z.literal('ready') }), errors: storeErrors }),
};

/** Adds the health checks: `/healthz` of the process, `/readyz` of its store. */
export function addHealthRoutes(app: App, store: HealthCheckedStore): void {
  app.get('/healthz', { schema: isAliveSchema }, async () => ({ status: 'ok' as const, version }));

  app.get('/readyz', { schema: isReadySchema }, async (_request, reply) => {
    // A failing store is retried at intervals, independently of health checks.
    if (!store.failure) await store.check().catch(() => {});
    const { failure } = store;
    if (!failure) return { status: 'ready' as const };
    return reply
      .code(503)
      .header('retry-after', retryAfterSeconds)
      .type('application/problem+json')
      .send({
        ...{ title: 'Service Unavailable', status: 503, code: failure.code, detail: publicMessage(failure) },
        since: failure.since,
      });
  });
}
