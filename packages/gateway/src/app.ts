import { liveSubprotocol } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import { type ClusterBus, commandRelayOver, standaloneBus } from './cluster/bus.ts';
import { ClusterPeers } from './cluster/peers.ts';
import { ClusterSync } from './cluster/sync.ts';
import { CommandRouter } from './commands/router.ts';
import type { Config } from './config.ts';
import { type App, createApp } from './http/app.ts';
import { builtPage, sendMissingPage, servePage } from './http/plugins/page.ts';
import { addSecurityHeaders } from './http/plugins/security-headers.ts';
import { addTrustChecks } from './http/plugins/trust-checks.ts';
import { addDocumentRoutes } from './http/routes/documents.ts';
import { addExportRoutes } from './http/routes/export.ts';
import { addHealthRoutes } from './http/routes/health.ts';
import { addIngestRoute } from './http/routes/ingest.ts';
import { addLiveRoute } from './http/routes/live.ts';
import { addMetricsRoute } from './http/routes/metrics.ts';
import { addModelRoute } from './http/routes/model.ts';
import { addRunChangeRoutes } from './http/routes/run-changes.ts';
import { addRunRoutes } from './http/routes/runs.ts';
import { addSeriesRoute } from './http/routes/series.ts';
import type { IngestSession } from './ingest/session.ts';
import { type Limits, limits as standardLimits } from './limits.ts';
import { Hub } from './live/hub.ts';
import { Metrics } from './metrics.ts';
import { IdleTrainers } from './presence/idle-trainers.ts';
import { Publishers } from './presence/publishers.ts';
import { RunFolders } from './runs/run-folders.ts';
import { RunSummaries } from './runs/run-summaries.ts';
import { StatusBroadcaster } from './runs/status-broadcaster.ts';
import { Sweeper } from './runs/sweeper.ts';
import { acceptSockets } from './sockets/server.ts';
import { HealthCheckedStore, storeStateMessage } from './store/health-checked-store.ts';
import type { Store } from './store/store.ts';
import { CommandAuthorizer, publicHost } from './trust/authorization.ts';

export interface GatewayOptions {
  config: Pick<Config, 'host' | 'ingestHost' | 'runs'> &
    Partial<Pick<Config, 'bind' | 'token' | 'commandToken' | 'keep' | 'proxies' | 'origins'>>;
  /** The gateway's from here on: it is closed with the gateway. */
  store: Store;
  /** To the gateways that share the store; the gateway's as well. None when it is alone. */
  bus?: ClusterBus;
  log: FastifyBaseLogger;
  limits?: Partial<Limits>;
  /** Folder of the built dashboard. */
  page?: string;
}

/** Two servers that share a store and a hub: nothing listens yet. */
export interface Gateway {
  publicApp: App;
  ingestApp: App;
  /** Writes what was taken in, tells everybody connected, and closes both servers and the store. */
  close(): Promise<void>;
}

export async function buildGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log, page = builtPage, bus = standaloneBus } = options;
  const limits: Limits = { ...standardLimits, ...options.limits };
  const metrics = new Metrics();
  const store = new HealthCheckedStore({
    store: options.store,
    checkIntervalMs: limits.storeCheckMs,
    onOperation: (operation, seconds) => metrics.storeOperation(operation, seconds),
    onAppended: (events) => metrics.appended(events),
  });
  const health = store;
  const hub = await Hub.open(store, limits);
  store.onHealthChange((failure) => {
    if (failure) log.error(failure, 'the store cannot be used; trying again until it can');
    else log.info('the store can be used again');
    hub.broadcast(storeStateMessage(failure));
  });
  const peers = new ClusterPeers({ bus, limits });
  const publishers = new Publishers(peers);
  const folders = new RunFolders(config.runs);
  const idleTrainers = new IdleTrainers(peers);
  const runs = new RunSummaries({ store, publishers, folders, limits });
  const onFailure = (error: unknown): void => log.error({ err: error }, 'the store cannot be read');
  const statuses = new StatusBroadcaster({
    ...{ store, runs, hub, publishers, idleTrainers, limits },
    remote: peers,
    onFailure,
  });
  await statuses.open();
  const relay = commandRelayOver(bus);
  const router = new CommandRouter({ publishers, idleTrainers, relay, limits });
  const sync = new ClusterSync({
    bus,
    peers,
    hub,
    statuses,
    router,
    publishers,
    idleTrainers,
    store,
    limits,
    log,
  });
  store.onHealthChange((failure) => !failure && sync.catchUp());
  const authorizer = new CommandAuthorizer(config);
  const removal = { store, hub, folders, log };
  const { sweepIntervalMs } = limits;
  const sweeper = new Sweeper({ ...removal, runs, keep: config.keep, sweepIntervalMs });

  const publicApp = createApp({
    log,
    limits,
    metrics,
    proxies: config.proxies,
    sendMissing: sendMissingPage,
  });
  await acceptSockets(publicApp, {
    limits,
    maxPayloadBytes: limits.livePayloadBytes,
    subprotocol: liveSubprotocol,
  });
  addTrustChecks(publicApp, { host: publicHost(config), origins: config.origins });
  addDocumentRoutes(publicApp);
  addSecurityHeaders(publicApp);
  await servePage(publicApp, page);
  addHealthRoutes(publicApp, store);
  addRunRoutes(publicApp, { runs, store, listedRuns: limits.listedRuns });
  addRunChangeRoutes(publicApp, { ...removal, runs, authorizer });
  addSeriesRoute(publicApp, store);
  addExportRoutes(publicApp, { store, limits });
  addModelRoute(publicApp, { folders, limits });
  addLiveRoute(publicApp, {
    ...{ hub, store, health, authorizer, idleTrainers, router, limits, metrics },
    summaryOf: (runId) => runs.summary(runId),
  });
  addMetricsRoute(publicApp, metrics);

  const sessions = new Set<IngestSession>();
  const ingestApp = createApp({ log, limits, metrics });
  await acceptSockets(ingestApp, {
    limits,
    maxPayloadBytes: limits.ingestPayloadBytes,
    beforeClose: async () => {
      await Promise.all([...sessions].map((session) => session.stop()));
    },
  });
  addTrustChecks(ingestApp, { host: config.ingestHost });
  const context = { store, health, hub, publishers, idleTrainers, router, limits, token: config.token };
  addIngestRoute(ingestApp, { context, metrics, sessions });

  return {
    publicApp,
    ingestApp,
    async close() {
      sweeper.close();
      await ingestApp.close();
      await publicApp.close();
      statuses.close();
      sync.close();
      await bus.close();
      await store.close();
    },
  };
}
