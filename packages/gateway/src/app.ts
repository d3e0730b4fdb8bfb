import { maxHeaderSize } from 'node:http';
import { liveSubprotocol } from '@mnist-monitor/shared';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { type Bus, loneBus, relayOver } from './cluster/bus.ts';
import { Neighbours } from './cluster/peers.ts';
import { Exchange } from './cluster/sync.ts';
import { CommandDesk } from './commands/desk.ts';
import type { Config } from './config.ts';
import { builtPage, sendMissingPage, servePage } from './http/plugins/page.ts';
import { addProblems, problemSender, type SendMissing } from './http/plugins/problems.ts';
import { addTrustChecks } from './http/plugins/trust.ts';
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
import { WaitingTrainers } from './presence/idle-trainers.ts';
import { Publishers } from './presence/publishers.ts';
import { RunFolders } from './runs/run-folders.ts';
import { Runs } from './runs/runs.ts';
import { StatusBoard } from './runs/status-board.ts';
import { Sweeper } from './runs/sweeper.ts';
import { acceptSockets } from './sockets/server.ts';
import type { Store } from './store/store.ts';
import { stateOf, WatchedStore } from './store/watched.ts';
import { Authority, reachedAt } from './trust/authority.ts';

export interface GatewayOptions {
  config: Pick<Config, 'host' | 'ingestHost' | 'runs'> &
    Partial<Pick<Config, 'bind' | 'token' | 'commandToken' | 'keep' | 'proxies' | 'origins'>>;
  /** The gateway's from here on: it is closed with the gateway. */
  store: Store;
  /** To the gateways that share the store; the gateway's as well. None when it is alone. */
  bus?: Bus;
  log: FastifyBaseLogger;
  limits?: Partial<Limits>;
  /** Folder of the built dashboard. */
  page?: string;
}

/** Two servers that share a store and a hub: nothing listens yet. */
export interface Gateway {
  publicApp: FastifyInstance;
  ingestApp: FastifyInstance;
  /** Writes what was taken in, tells everybody connected, and closes both servers and the store. */
  close(): Promise<void>;
}

export async function buildGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log, page = builtPage, bus = loneBus } = options;
  const limits: Limits = { ...standardLimits, ...options.limits };
  const metrics = new Metrics();
  const store = new WatchedStore(metrics.watch(options.store), limits.storeCheckMs);
  const health = store;
  const hub = await Hub.open(store, limits);
  store.watch((trouble) => {
    if (trouble) log.error(trouble, 'the store cannot be used; trying again until it can');
    else log.info('the store can be used again');
    hub.announce(stateOf(trouble));
  });
  const neighbours = new Neighbours({ bus, limits });
  const publishers = new Publishers(neighbours);
  const folders = new RunFolders(config.runs);
  const trainers = new WaitingTrainers(neighbours);
  const runs = new Runs({ store, publishers, folders, limits });
  const onFailure = (error: unknown): void => log.error({ err: error }, 'the store cannot be read');
  const board = new StatusBoard({
    ...{ store, runs, hub, publishers, trainers, limits },
    elsewhere: neighbours,
    onFailure,
  });
  await board.open();
  const relay = relayOver(bus);
  const desk = new CommandDesk({ publishers, trainers, relay, limits });
  const exchange = new Exchange({
    bus,
    neighbours,
    hub,
    board,
    desk,
    publishers,
    trainers,
    store,
    limits,
    log,
  });
  store.watch((trouble) => !trouble && exchange.catchUp());
  const authority = new Authority(config);
  const removal = { store, hub, folders, log };
  const { sweepIntervalMs } = limits;
  const sweeper = new Sweeper({ ...removal, runs, keep: config.keep, sweepIntervalMs });

  const publicApp = newApp({ log, limits, metrics, proxies: config.proxies, sendMissing: sendMissingPage });
  await acceptSockets(publicApp, {
    limits,
    maxPayloadBytes: limits.livePayloadBytes,
    subprotocol: liveSubprotocol,
  });
  addTrustChecks(publicApp, reachedAt(config), config.origins);
  await servePage(publicApp, page);
  addHealthRoutes(publicApp, store);
  addRunRoutes(publicApp, { runs, store, listedRuns: limits.listedRuns });
  addRunChangeRoutes(publicApp, { ...removal, runs, authority });
  addSeriesRoute(publicApp, store);
  addExportRoutes(publicApp, { store, limits });
  addModelRoute(publicApp, { folders, limits });
  addLiveRoute(publicApp, {
    ...{ hub, store, health, authority, trainers, desk, limits, metrics },
    summaryOf: (runId) => runs.summary(runId),
  });
  addMetricsRoute(publicApp, metrics);
  addDocumentRoutes(publicApp);

  const sessions = new Set<IngestSession>();
  const ingestApp = newApp({ log, limits, metrics });
  await acceptSockets(ingestApp, {
    limits,
    maxPayloadBytes: limits.ingestPayloadBytes,
    beforeClose: async () => {
      await Promise.all([...sessions].map((session) => session.stop()));
    },
  });
  addTrustChecks(ingestApp, config.ingestHost);
  const context = { store, health, hub, publishers, trainers, desk, limits, token: config.token };
  addIngestRoute(ingestApp, { context, metrics, sessions });

  return {
    publicApp,
    ingestApp,
    async close() {
      sweeper.close();
      await ingestApp.close();
      await publicApp.close();
      board.close();
      exchange.close();
      await bus.close();
      await store.close();
    },
  };
}

interface AppOptions {
  log: FastifyBaseLogger;
  limits: Limits;
  metrics: Metrics;
  proxies?: string[] | undefined;
  sendMissing?: SendMissing;
}

function newApp({ log, limits, metrics, proxies = [], sendMissing }: AppOptions): FastifyInstance {
  const sendProblem = problemSender((code) => metrics.refused(code));
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: proxies,
    requestTimeout: limits.requestTimeoutMs,
    // What is too long for an id is answered as every other that is none.
    routerOptions: { maxParamLength: maxHeaderSize },
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.connectionsCheckMs,
    },
    frameworkErrors: sendProblem,
  });
  app.server.maxConnections = limits.connections;
  addProblems(app, sendProblem, sendMissing);
  return app;
}
