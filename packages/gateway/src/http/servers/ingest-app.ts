import type { IngestSession } from '../../ingest/session.ts';
import { acceptSockets } from '../../sockets/server.ts';
import { type App, type AppOptions, createApp } from '../app.ts';
import { addressesAtIngest, type PortAddress } from '../documents/addresses.ts';
import { refuseOtherMethods } from '../plugins/allowed-methods.ts';
import { addTrustChecks } from '../plugins/trust-checks.ts';
import { refuseOtherUpgrades } from '../plugins/upgrades.ts';
import { addIngestRoute, type IngestRouteOptions } from '../routes/ingest.ts';

export interface IngestAppOptions extends Pick<IngestRouteOptions, 'host' | 'context' | 'metrics' | 'files'> {
  log: AppOptions['log'];
  limits: AppOptions['limits'];
  /** The proxies in front of the ingest port whose `X-Forwarded-For` is trusted. */
  proxies: AppOptions['proxies'];
  /** The public port, for the error of viewers that try this one. */
  publicAddress: PortAddress;
}

/** Builds the server of the ingest port. When it closes, it first stops its sessions, which store what they received. */
export async function buildIngestApp({
  host,
  context,
  files,
  limits,
  metrics,
  log,
  proxies,
  publicAddress,
}: IngestAppOptions): Promise<App> {
  const sessions = new Set<IngestSession>();
  const app = createApp({ log, limits, metrics, proxies });
  await acceptSockets(app, {
    limits,
    maxPayloadBytes: limits.ingestPayloadBytes,
    beforeClose: async () => {
      await Promise.all([...sessions].map((session) => session.stop()));
    },
  });
  addTrustChecks(app, {
    host,
    hostAdvice:
      'to serve others, listen at another address with --ingest-host, or let a proxy replace Host by the address of this port',
  });
  refuseOtherUpgrades(app, {
    path: '/ingest',
    addressesFor: (request) => addressesAtIngest(request, publicAddress),
    onProblem: (code) => metrics.refused(code),
  });
  refuseOtherMethods(app);
  addIngestRoute(app, { host, context, metrics, files, sessions });
  return app;
}
