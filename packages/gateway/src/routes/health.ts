import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { Store } from '../store/store.ts';
import { version } from '../version.ts';

/** `/healthz`: the process answers. `/readyz`: so does its store. */
export function addHealthRoutes(app: FastifyInstance, store: Store): void {
  app.get('/healthz', async () => ({ status: 'ok', version }));
  app.get('/readyz', async () => {
    try {
      await store.summaries(1);
    } catch (cause) {
      throw new MonitorError('store.unusable', 'the store does not answer; the log says more', { cause });
    }
    return { status: 'ready' };
  });
}
