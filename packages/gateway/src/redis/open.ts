import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { ClusterBus } from '../cluster/bus.ts';
import type { Store } from '../store/store.ts';
import { RedisBus } from './bus.ts';
import { RedisConnection } from './connection.ts';
import { RedisStore } from './store.ts';

/** How long an answer of Redis may take: a disk that is very busy takes seconds for a write. */
const answerTimeoutMs = 5_000;

/** What several gateways have in common. */
export interface RedisBackend {
  store: Store;
  bus: ClusterBus;
}

/**
 * The store and the bus of one of any number of gateways on one Redis. Warns when the server would lose what was
 * acknowledged.
 * @throws MonitorError `store.unusable`
 */
export async function openRedis(
  url: string,
  log: Pick<FastifyBaseLogger, 'warn'>,
  timeoutMs = answerTimeoutMs,
): Promise<RedisBackend> {
  const self = randomUUID();
  const connection = await RedisConnection.open({ url, timeoutMs });
  try {
    const bus = await RedisBus.open({ connection, gatewayId: self, log });
    await warnIfNotDurable(connection, log);
    return { store: new RedisStore({ connection, gatewayId: self }), bus };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** With these, what Redis has answered is on its disk. */
const durable = { appendonly: 'yes', appendfsync: 'always' };

async function warnIfNotDurable(
  connection: RedisConnection,
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<void> {
  // Not every server lets itself be asked.
  const found = await connection.run((client) => client.configGet(Object.keys(durable))).catch(() => durable);
  for (const [name, wanted] of Object.entries(durable)) {
    const value = (found as Record<string, string>)[name];
    if (value !== undefined && value !== wanted)
      log.warn(
        { [name]: value },
        `Redis may lose acknowledged events when it ends unexpectedly: set ${name} to ${wanted} to keep all`,
      );
  }
}
