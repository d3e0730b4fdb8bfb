import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../../metrics.ts';

/** `/metrics`: what the gateway counts, for Prometheus. */
export function addMetricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.read()),
  );
}
