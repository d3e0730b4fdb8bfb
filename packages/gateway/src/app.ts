import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { type ClusterBus, commandRelayOver, standaloneBus } from './cluster/bus.ts';
import { ClusterPeers } from './cluster/peers.ts';
import { ClusterSync } from './cluster/sync.ts';
import { CommandRouter } from './commands/router.ts';
import type { Config } from './config.ts';
import type { App } from './http/app.ts';
import { builtPage } from './http/plugins/page.ts';
import { buildIngestApp } from './http/servers/ingest-app.ts';
import { buildPublicApp } from './http/servers/public-app.ts';
import { type Limits, limits as standardLimits } from './limits.ts';
import { Hub } from './live/hub.ts';
import { Metrics } from './metrics.ts';
import { IdleTrainers } from './presence/idle-trainers.ts';
import { Publishers } from './presence/publishers.ts';
import { StartingRuns } from './presence/starting-runs.ts';
import { LastValues } from './runs/last-values.ts';
import { RunFolders } from './runs/run-folders.ts';
import { RunSummaries } from './runs/run-summaries.ts';
import { StatusBroadcaster } from './runs/status-broadcaster.ts';
import { Sweeper } from './runs/sweeper.ts';
import { createTokenGuard } from './sockets/token-guard.ts';
import {
  HealthCheckedStore,
  type HealthCheckedStoreOptions,
  isStoreError,
  storeStateMessage,
} from './store/health-checked-store.ts';
import type { Store } from './store/store.ts';
import { CommandAuthorizer, publicHost } from './trust/authorization.ts';

/** Options of `buildGateway`. */
export interface GatewayOptions {
  config: Pick<Config, 'host' | 'ingestHost' | 'runs'> &
    Partial<
      Pick<
        Config,
        'bind' | 'token' | 'commandToken' | 'keep' | 'uploads' | 'viewers' | 'proxies' | 'origins' | 'embed'
      >
    >;
  /** The store of the runs. Closing the gateway closes it too. */
  store: Store;
  /**
   * Connects the gateways that share the store; omitted for a gateway without a cluster. Closing the gateway closes it
   * too.
   */
  bus?: ClusterBus;
  log: FastifyBaseLogger;
  limits?: Partial<Limits>;
  /** The folder of the built dashboard; by default that of the dashboard package. */
  page?: string;
}

/** A gateway: the servers of its public port and its ingest port. Neither listens before `listen` is called. */
export interface Gateway {
  publicApp: App;
  ingestApp: App;
  /**
   * Stores the events received so far, then closes every connection, both servers and the store.
   * @throws MonitorError `store.stalled` when the store does not close in time.
   */
  close(): Promise<void>;
}

/**
 * Returns the standard limits, changed by the options. A viewer limit above the standard raises the limit of connections by the
 * difference, so that more viewers leave as many connections to other requests.
 */
function configuredLimits({ uploads, viewers }: GatewayOptions['config']): Limits {
  const { uploadBytes, liveClients, connections } = standardLimits;
  return {
    ...standardLimits,
    uploadBytes: uploads ?? uploadBytes,
    liveClients: viewers ?? liveClients,
    connections: Math.max(0, (viewers ?? liveClients) - liveClients) + connections,
  };
}

/** Builds a gateway on a store, with the servers of both ports, and starts removing old runs. */
export async function buildGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log, page = builtPage, bus = standaloneBus } = options;
  const limits: Limits = { ...configuredLimits(config), ...options.limits };
  const metrics = new Metrics();
  let lastValues: LastValues | undefined;
  const store = watchStore(options.store, {
    limits,
    onDamagedRun: ({ runId, store, message }) =>
      log.error(
        { runId, store },
        `${message}; requests for what cannot be read are answered with run.damaged, and DELETE /api/runs/${runId} deletes it`,
      ),
    onOperation: (operation, seconds) => metrics.storeOperation(operation, seconds),
    onAppended: (runId, events) => {
      metrics.appended(events);
      lastValues?.appended(runId, events);
    },
  });
  const hub = await Hub.open(store, limits);
  store.onHealthChange((failure) => {
    if (failure) log.error(failure, 'the store has failed; retrying until it works');
    else log.info('the store works again');
    hub.broadcast(storeStateMessage(failure));
  });
  hub.onLoss((loss) => log.warn(loss, 'the store has lost events of a run, which has another stream id now'));
  // A store that cannot write is reported now, not at the first event.
  await store.check().catch(() => {});
  const peers = new ClusterPeers({ bus, limits });
  const publishers = new Publishers(peers);
  const idleTrainers = new IdleTrainers(peers);
  const starts = new StartingRuns({ publishers, idleTrainers, limits });
  const folders = new RunFolders(config.runs, limits);
  const runs = new RunSummaries({ store, publishers, folders, limits });
  const statuses = new StatusBroadcaster({
    ...{ store, runs, hub, publishers, idleTrainers, starts, remote: peers, limits },
    onFailure: (error) =>
      isStoreError(error) || log.error({ err: error }, 'the status of a run cannot be read'),
  });
  await statuses.open();
  lastValues = new LastValues(publishers, statuses);
  metrics.addRuns(lastValues);
  const relay = commandRelayOver(bus);
  const router = new CommandRouter({ publishers, idleTrainers, starts, relay, limits });
  const sync = new ClusterSync({
    ...{ bus, peers, hub, statuses, router, publishers, idleTrainers, store, limits, log },
  });
  store.onHealthChange((failure) => !failure && sync.catchUp());
  const { sweepIntervalMs } = limits;
  const sweeper = new Sweeper({ store, hub, folders, log, runs, keep: config.keep, sweepIntervalMs });

  const authorizer = new CommandAuthorizer({
    ...config,
    guard: createTokenGuard({ token: config.commandToken, limits }),
    log,
  });
  const ingestApp = await buildIngestApp({
    host: config.ingestHost,
    context: { store, health: store, hub, publishers, idleTrainers, router, limits, token: config.token },
    ...{ limits, metrics, log, files: folders.published, proxies: config.proxies },
    publicAddress: { host: publicHost(config), port: () => portOf(publicApp) },
  });
  const publicApp = await buildPublicApp({
    ...{ config, store, runs, folders, hub, authorizer, idleTrainers, starts, router },
    ...{ limits, metrics, log, page },
    ingest: { host: config.ingestHost, port: () => portOf(ingestApp) },
  });

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

/** Returns the port that a server is bound to; 0 while it is bound to none. */
const portOf = ({ server }: App): number => (server.address() as AddressInfo | null)?.port ?? 0;

function watchStore(
  store: Store,
  {
    limits,
    ...listeners
  }: { limits: Limits } & Pick<HealthCheckedStoreOptions, 'onOperation' | 'onAppended' | 'onDamagedRun'>,
): HealthCheckedStore {
  return new HealthCheckedStore({
    store,
    checkIntervalMs: limits.storeCheckMs,
    stallMs: limits.storeStallMs,
    closeTimeoutMs: limits.storeCloseTimeoutMs,
    ...listeners,
  });
}
