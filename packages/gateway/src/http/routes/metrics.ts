import type { Metrics } from '../../metrics.ts';
import type { App } from '../app.ts';
import { responses } from '../route-schema.ts';

const readMetricsSchema = {
  operationId: 'readMetrics',
  summary: "Metrics of the gateway, in Prometheus's text format.",
  response: responses({ ok: 'text/plain' }),
};

/** Adds `/metrics`, which Prometheus scrapes. */
export function addMetricsRoute(app: App, metrics: Metrics): void {
  app.get('/metrics', { schema: readMetricsSchema }, async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.read()),
  );
}
