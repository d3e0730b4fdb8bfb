import { liveSubprotocols } from '@mnist-monitor/shared';
import type { Config } from '../../config.ts';
import type { RemovalContext } from '../../runs/removal.ts';
import type { RunSummaries } from '../../runs/run-summaries.ts';
import { SharedReads } from '../../shared-reads.ts';
import { Admission } from '../../sockets/admission.ts';
import { acceptSockets } from '../../sockets/server.ts';
import type { HealthCheckedStore } from '../../store/health-checked-store.ts';
import { publicHost } from '../../trust/authorization.ts';
import { type App, type AppOptions, createApp } from '../app.ts';
import { addressesFor, type PortAddress } from '../documents/addresses.ts';
import { refuseOtherMethods } from '../plugins/allowed-methods.ts';
import { compressReplies } from '../plugins/compression.ts';
import { explainMissingPage, isPageFile, servePage } from '../plugins/page.ts';
import { addSecurityHeaders } from '../plugins/security-headers.ts';
import { addTrustChecks } from '../plugins/trust-checks.ts';
import { refuseOtherUpgrades } from '../plugins/upgrades.ts';
import { addArrayRoutes } from '../routes/arrays.ts';
import { addDocumentRoutes } from '../routes/documents.ts';
import { addExportRoutes } from '../routes/export.ts';
import { addFileRoutes } from '../routes/files.ts';
import { addHealthRoutes } from '../routes/health.ts';
import { addLiveRoute, type LiveRouteOptions } from '../routes/live.ts';
import { addLiveCheckRoute } from '../routes/live-check.ts';
import { addMetricsRoute } from '../routes/metrics.ts';
import { addModelRoute } from '../routes/model.ts';
import { addRunChangeRoutes } from '../routes/run-changes.ts';
import { addRunRoutes } from '../routes/runs.ts';
import { addSeriesRoute } from '../routes/series.ts';

export interface PublicAppOptions
  extends Omit<LiveRouteOptions, 'store' | 'health' | 'summaryOf' | 'admission'>,
    Omit<RemovalContext, 'store'>,
    Pick<AppOptions, 'limits' | 'log'> {
  config: Pick<Config, 'host'> & Partial<Pick<Config, 'bind' | 'proxies' | 'origins' | 'embed'>>;
  store: HealthCheckedStore;
  runs: RunSummaries;
  /** Folder of the built dashboard. */
  page: string;
  /** The ingest port, for the documents. */
  ingest: PortAddress;
}

/** Builds the server of the public port: the dashboard, the REST API and the live feed. */
export async function buildPublicApp(options: PublicAppOptions): Promise<App> {
  const { config, store, runs, folders, hub, authorizer, limits, metrics, log } = options;
  const app = createApp({
    log,
    limits,
    metrics,
    proxies: config.proxies,
    handleNotFound: explainMissingPage,
  });
  await acceptSockets(app, {
    limits,
    maxPayloadBytes: limits.livePayloadBytes,
    subprotocols: liveSubprotocols,
  });
  addTrustChecks(app, {
    host: publicHost(config),
    hostAdvice:
      'to serve others, listen at another address with --host, or name the address of a proxy with --bind',
    origins: config.origins,
    embed: config.embed,
  });
  refuseOtherUpgrades(app, {
    path: '/live',
    addressesFor: (request) => addressesFor(request, options.ingest),
    onProblem: (code) => metrics.refused(code),
  });
  refuseOtherMethods(app, { isFile: (path) => isPageFile(options.page, path) });
  addSecurityHeaders(app, config);
  compressReplies(app, limits);
  // The documents include only routes that are added after this call.
  addDocumentRoutes(app, options.ingest);
  await servePage(app, options.page);
  addHealthRoutes(app, store);
  addRunRoutes(app, { runs, store });
  addRunChangeRoutes(app, { runs, store, hub, folders, log, authorizer, limits });
  addSeriesRoute(app, store);
  addExportRoutes(app, store);
  addModelRoute(app, folders);
  addFileRoutes(app, { folders, store });
  addArrayRoutes(app, { folders, store });
  const admission = new Admission({ ...limits, sockets: limits.liveClients });
  const summaries = new SharedReads((runId) => runs.summary(runId));
  addLiveRoute(app, { ...options, admission, health: store, summaryOf: (runId) => summaries.get(runId) });
  addLiveCheckRoute(app, admission);
  addMetricsRoute(app, metrics);
  return app;
}
