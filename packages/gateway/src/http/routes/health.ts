import type { FastifyInstance } from 'fastify';
import { type HealthCheckedStore, publicMessage } from '../../store/health-checked-store.ts';
import { version } from '../../version.ts';
import { retryAfterSeconds } from '../plugins/problems.ts';

/** `/healthz`: the process answers. `/readyz`: its store works. */
export function addHealthRoutes(app: FastifyInstance, store: HealthCheckedStore): void {
  app.get('/healthz', async () => ({ status: 'ok', version }));
  app.get('/readyz', async (_request, reply) => {
    // What fails is tried again by itself; asking does not make it sooner.
    if (!store.failure) await store.check().catch(() => {});
    const { failure: trouble } = store;
    if (!trouble) return { status: 'ready' };
    return reply
      .code(503)
      .header('retry-after', retryAfterSeconds)
      .type('application/problem+json')
      .send({
        ...{ title: 'Service Unavailable', status: 503, code: trouble.code, detail: publicMessage(trouble) },
        since: trouble.since,
      });
  });
}
