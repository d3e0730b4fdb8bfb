import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';

/** The WebSocket of a port, and where clients that look for the other one find it. */
export interface UpgradeOptions {
  path: string;
  /** One sentence about both addresses. */
  hint: string;
}

/** Refuses WebSocket upgrades at every address of a port but one, before they are accepted. */
export function refuseOtherUpgrades(app: FastifyInstance, { path, hint }: UpgradeOptions): void {
  app.addHook('onRequest', async (request) => {
    if (request.ws && request.routeOptions.url !== path)
      throw new MonitorError(
        'request.not_found',
        `expected a WebSocket at ${path}, got one at ${request.url.split('?', 1)[0]!.slice(0, 100)}; ${hint}`,
      );
  });
}

/** The sentence about both addresses, as in the refusals of both ports. */
export const upgradeHint =
  'viewers connect to /live on the public port (5000 by default), publishers to /ingest on the ingest port (5001 by default)';
