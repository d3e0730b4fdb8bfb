import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';

/** Options of `refuseOtherUpgrades`. */
export interface UpgradeOptions {
  /** The path of the port's only WebSocket. */
  path: string;
  /** The end of the error message, with the WebSocket addresses of both ports. */
  hint: string;
}

/** Refuses WebSocket upgrades at all paths of a port except one. */
export function refuseOtherUpgrades(app: FastifyInstance, { path, hint }: UpgradeOptions): void {
  app.addHook('onRequest', async (request) => {
    if (request.ws && request.routeOptions.url !== path)
      throw new MonitorError(
        'request.not_found',
        `expected a WebSocket at ${path}, got one at ${request.url.split('?', 1)[0]!.slice(0, 100)}; ${hint}`,
      );
  });
}

/** The WebSocket addresses of both ports, for the errors of clients that try another path or port. */
export const upgradeHint =
  'viewers connect to /live on the public port (5000 by default), publishers to /ingest on the ingest port (5001 by default)';
