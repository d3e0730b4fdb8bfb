import { randomUUID } from 'node:crypto';
import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import type { ClusterBus } from '../cluster/bus.ts';
import type { Store } from '../store/store.ts';
import { RedisBus } from './bus.ts';
import { RedisConnection } from './connection.ts';
import { ForbiddenCommandsError } from './errors.ts';
import { parseInfo } from './server-info.ts';
import { RedisStore } from './store.ts';

/** The time that a reply of Redis may take: with a very busy disk, a write takes seconds. */
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
    const store = new RedisStore({ connection, gatewayId });
    await checkPermissions(store, connection);
    await warnAboutUnsafeSettings(connection, log);
    return { store, bus: await RedisBus.open({ connection, gatewayId, log }) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Throws for missing permissions only: a server that is full or still loads its data may work again by itself. */
async function checkPermissions(store: Store, connection: RedisConnection): Promise<void> {
  const error = await store.check().catch((error: Error) => error);
  if (!(error instanceof MonitorError)) return;
  if (error instanceof ForbiddenCommandsError)
    throw connection.unusableError(new Error(`the user may not run ${error.commands.join(', ')}`), true);
  const { cause } = error;
  if (cause instanceof Error && cause.message.startsWith('NOPERM ')) throw connection.unusableError(cause);
}

interface SafeSetting {
  name: string;
  value: string;
  /** The loss that any other value allows. */
  loss: string;
}

const unexpectedEnd = 'Redis may lose acknowledged events when it ends unexpectedly';
/** Settings with which Redis keeps what it has acknowledged: on its disk, and when its memory is full. */
const safeSettings: readonly SafeSetting[] = [
  { name: 'appendonly', value: 'yes', loss: unexpectedEnd },
  { name: 'appendfsync', value: 'always', loss: unexpectedEnd },
  { name: 'maxmemory-policy', value: 'noeviction', loss: 'Redis may remove runs when its memory is full' },
];

async function warnAboutUnsafeSettings(
  connection: RedisConnection,
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<void> {
  const found = await settingsOf(connection);
  for (const { name, value, loss } of safeSettings)
    if (found[name] !== undefined && found[name] !== value)
      log.warn({ [name]: found[name] }, `${loss}: set ${name} to ${value} to prevent this`);
}

/** Reads the settings with CONFIG GET, which some servers do not allow; INFO has some of the settings too. */
async function settingsOf(connection: RedisConnection): Promise<Partial<Record<string, string>>> {
  const info = parseInfo(await connection.run((client) => client.info()));
  const names = safeSettings.map(({ name }) => name);
  const config = await connection.run((client) => client.configGet(names)).catch(() => ({}));
  return {
    'maxmemory-policy': info.maxmemory_policy,
    appendonly: info.aof_enabled === '0' ? 'no' : undefined,
    ...config,
  };
}
