import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { ClusterBus } from '../cluster/bus.ts';
import type { Store } from '../store/store.ts';
import { RedisBus } from './bus.ts';
import { RedisConnection } from './connection.ts';
import { RedisStore } from './store.ts';

/** How long a reply of Redis may take: with a very busy disk, a write takes seconds. */
const replyTimeoutMs = 5_000;

/** The store and the bus that the gateways on one Redis share. */
export interface RedisBackend {
  store: Store;
  bus: ClusterBus;
}

/**
 * Opens the store and the bus for one of any number of gateways on one Redis. Logs a warning when the server's settings
 * allow it to lose acknowledged events.
 * @throws MonitorError `store.unusable`
 */
export async function openRedis(
  url: string,
  log: Pick<FastifyBaseLogger, 'warn'>,
  timeoutMs = replyTimeoutMs,
): Promise<RedisBackend> {
  const gatewayId = randomUUID();
  const connection = await RedisConnection.open({ url, timeoutMs });
  try {
    const bus = await RedisBus.open({ connection, gatewayId, log });
    await warnIfNotDurable(connection, log);
    return { store: new RedisStore({ connection, gatewayId }), bus };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Settings of the server with which everything that it has acknowledged is on its disk. */
const durableSettings = { appendonly: 'yes', appendfsync: 'always' };

async function warnIfNotDurable(
  connection: RedisConnection,
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<void> {
  // Some servers do not allow CONFIG GET.
  const found = await connection
    .run((client) => client.configGet(Object.keys(durableSettings)))
    .catch(() => durableSettings);
  for (const [name, expected] of Object.entries(durableSettings)) {
    const value = (found as Record<string, string>)[name];
    if (value !== undefined && value !== expected)
      log.warn(
        { [name]: value },
        `Redis may lose acknowledged events when it ends unexpectedly: set ${name} to ${expected} to keep all`,
      );
  }
}
