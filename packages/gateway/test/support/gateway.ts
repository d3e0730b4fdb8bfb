import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import type { RetentionPolicy } from '@mnist-monitor/shared/options';
import { pino } from 'pino';
import { buildGateway, type GatewayOptions } from '../../src/app.ts';
import type { ClusterBus } from '../../src/cluster/bus.ts';
import type { Limits } from '../../src/limits.ts';
import { listen } from '../../src/listen.ts';
import { openRedis } from '../../src/redis/open.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { afterTest, temporaryFolder } from './cleanup.ts';

export interface TestGateway {
  url: string;
  liveUrl: string;
  ingestUrl: string;
  /** Names of the close codes with which the gateway has closed connections, from its log. */
  closings: string[];
  /** Every line of its log. */
  log: string[];
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  /** By default SQLite in `runs`. */
  store?: Store;
  /** The connection to other gateways that share the store. */
  bus?: ClusterBus;
  /** Address of a Redis to share with other gateways, instead of a store. */
  redisUrl?: string;
  /** How long the gateway waits for an answer of Redis; by default longer than a busy disk takes. */
  redisTimeoutMs?: number;
  limits?: Partial<Limits>;
  token?: string;
  commandToken?: string;
  bind?: string;
  /** The address for the trust checks. The gateway listens on loopback regardless. */
  host?: string;
  page?: string;
  proxies?: string[];
  origins?: string[];
  embed?: string[];
  /** The folder of runs; by default a temporary one. */
  runs?: string;
  keep?: RetentionPolicy;
  viewers?: number;
}

/** Starts a gateway in this process on ports that the system chooses, and closes it after the test. */
export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const gateway = await openGateway({ ...options, runs: options.runs ?? temporaryFolder() });
  afterTest(() => gateway.close());
  return gateway;
}

/** Starts one gateway for all tests of a file or block, which store nothing in it, and closes it at the end. */
export function useGateway(): TestGateway {
  const gateway = {} as TestGateway;
  let runs: string;
  beforeAll(async () => {
    runs = mkdtempSync(join(tmpdir(), 'monitor-'));
    Object.assign(gateway, await openGateway({ runs }));
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(runs, { recursive: true, force: true });
  });
  return gateway;
}

async function openGateway(options: TestGatewayOptions & { runs: string }): Promise<TestGateway> {
  const addresses = { host: '127.0.0.1', port: 0, ingestHost: '127.0.0.1', ingestPort: 0 };
  const closings: string[] = [];
  const lines: string[] = [];
  const record = (line: string): void => {
    lines.push(line);
    const { close } = JSON.parse(line);
    if (close) closings.push(close);
  };
  const { runs } = options;
  const log = pino({}, { write: (line: string) => record(line) });
  const { redisUrl, redisTimeoutMs = 10_000 } = options;
  const shared = redisUrl === undefined ? undefined : await openRedis(redisUrl, log, redisTimeoutMs);
  const gatewayOptions: GatewayOptions = {
    config: {
      ...{
        ...addresses,
        runs,
        host: options.host ?? addresses.host,
        ...(options.viewers !== undefined && { viewers: options.viewers }),
        proxies: options.proxies,
        origins: options.origins,
        embed: options.embed,
      },
      ...{ token: options.token, commandToken: options.commandToken, bind: options.bind },
      keep: options.keep,
    },
    store: options.store ?? shared?.store ?? (await openSqliteStore(runs)),
    ...(options.bus && { bus: options.bus }),
    ...(shared && { bus: shared.bus }),
    log,
    limits: options.limits ?? {},
    ...(options.page ? { page: options.page } : {}),
  };
  const gateway = await buildGateway(gatewayOptions);
  const { url, ingestUrl } = await listen(gateway, addresses);
  return {
    url,
    liveUrl: `${url.replace('http', 'ws')}/live`,
    ingestUrl,
    closings,
    log: lines,
    close: () => gateway.close(),
  };
}
