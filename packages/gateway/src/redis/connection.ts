import { setTimeout as delay } from 'node:timers/promises';
import { backoffDefaults, backoffMs, MonitorError, withoutCredentials } from '@mnist-monitor/shared';
import { createClient } from '@redis/client';
import { Listeners } from '../listeners.ts';
import { reasonOf } from './errors.ts';
import { busChannelOf, scripts } from './scripts.ts';
import { parseInfo } from './server-info.ts';

/** Options of a connection to Redis. */
export interface RedisConnectionOptions {
  /** The address of the server: `redis://…`, `rediss://…` or `unix:///path`. */
  url: string;
  /** Time limit of each reply. When it is exceeded, the connection is closed and opened again. */
  timeoutMs: number;
}

/** Major version of the oldest supported server. Older servers lack commands, and fixes of streams and scripts. */
const oldestServer = 7;
/** The maximum delay between two attempts to reconnect. */
const maxReconnectMs = 1_000;
/** The time that `close` waits for the replies that are still expected. */
const closeTimeoutMs = 500;

const newClient = ({ url, timeoutMs }: RedisConnectionOptions, mayRetry: () => boolean) => {
  const path = /^unix:\/\/(\/.+)$/.exec(url)?.[1];
  const socket = {
    connectTimeout: timeoutMs,
    reconnectStrategy: (attempt: number) =>
      mayRetry() && backoffMs(attempt, { ...backoffDefaults, firstMs: 100, maxMs: maxReconnectMs }),
  };
  const client = createClient({
    ...(path === undefined ? { url, socket } : { socket: { ...socket, path, tls: false as const } }),
    scripts,
    // While the connection is down, commands fail at once, so that the caller decides whether to repeat them.
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
  // The callers of commands handle failures. Without this listener, a failure would also end the process.
  return client.on('error', () => {});
};

export type RedisClient = ReturnType<typeof newClient>;

/** A connection to Redis, which reconnects when the connection is lost or a reply takes too long. */
export class RedisConnection {
  /** The server's URL without credentials. */
  readonly address: string;
  /** The channel of the gateways that share the database of this connection. */
  readonly busChannel: string;
  readonly #options: RedisConnectionOptions;
  readonly #listeners = new Listeners<[client: RedisClient]>();
  #client: RedisClient;
  /** Whether a connection has succeeded. Until then an error means a wrong setting, which retrying cannot repair. */
  #isEstablished = false;
  #closed = false;

  private constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.address = withoutCredentials(options.url);
    this.busChannel = busChannelOf(databaseOf(options.url));
    this.#client = this.#newClient();
  }

  /** @throws MonitorError `store.unusable` when no supported Redis accepts the connection. */
  static async open(options: RedisConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(options);
    try {
      await connection.#establish();
      return connection;
    } catch (error) {
      await connection.close();
      throw connection.unusableError(error as Error);
    }
  }

  /** Opens a second connection to the same server, for subscriptions. */
  duplicate(): Promise<RedisConnection> {
    return RedisConnection.open(this.#options);
  }

  /**
   * Runs a command.
   * @throws Error of the client, or when the reply takes too long; then the server may still have run the command.
   */
  async run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = this.#client;
    try {
      return await this.#inTime(command(client));
    } catch (error) {
      if (error === timeoutError && client === this.#client && this.#isEstablished && !this.#closed)
        this.reconnect();
      throw error;
    }
  }

  /** Calls back with the current client at once, and with each client that replaces it. */
  onClient(listener: (client: RedisClient) => void): void {
    this.#listeners.add(listener);
    listener(this.#client);
  }

  /** Closes the current client and replaces it with a new one. */
  reconnect(): void {
    const old = this.#client;
    this.#client = this.#newClient();
    this.#listeners.emit(this.#client);
    this.#client.connect().catch(() => {});
    old.destroy();
  }

  /** Closes the connection after waiting a moment for the replies that are still expected. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    if (client.isReady)
      await Promise.race([client.close(), delay(closeTimeoutMs, undefined, { ref: false })]);
    client.destroy();
  }

  async #establish(): Promise<void> {
    await this.#inTime(this.#client.connect());
    const info = parseInfo(await this.run((client) => client.info('server')));
    const { redis_version: version = 'an unknown version', redis_mode: mode } = info;
    if (!(Number.parseInt(version, 10) >= oldestServer))
      throw new Error(`expected Redis ${oldestServer} or newer, got ${version}`);
    // A cluster refuses scripts on the keys of a run and of all runs together; a sentinel stores nothing.
    if (mode === 'cluster' || mode === 'sentinel')
      throw new Error(`expected a single Redis server, got one in ${mode} mode`);
    this.#isEstablished = true;
  }

  #newClient(): RedisClient {
    return newClient(this.#options, () => this.#isEstablished && !this.#closed);
  }

  /** Resolves with a reply; rejects when it takes too long. A delay with an `AbortSignal` would cost 20 times as much. */
  #inTime<T>(reply: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      // If the event loop of this process was blocked, the reply may have arrived already: the next turn reads it.
      const rejectInNextTurn = (): void => void setImmediate(reject, timeoutError);
      timer = setTimeout(rejectInNextTurn, this.#options.timeoutMs).unref();
    });
    return Promise.race([reply, timeout]).finally(() => clearTimeout(timer));
  }

  /** Returns an error for a setting of the URL or the server that a person has to change. */
  unusableError(cause: Error, lacksPermission = cause.message.startsWith('NOPERM ')): MonitorError {
    const remedy = lacksPermission
      ? 'give the user the permissions listed in docs/security.md'
      : 'check --redis-url and the server';
    const message = `Redis at ${this.address} cannot be used (${reasonOf(cause)}): ${remedy}`;
    return new MonitorError('store.unusable', message, { cause });
  }
}

/** Returns the number of the database in a URL; a Unix socket leads to the first one. */
const databaseOf = (url: string): number => {
  const { protocol, pathname } = new URL(url);
  return protocol === 'unix:' ? 0 : Number(pathname.slice(1));
};

const timeoutError = new Error('no answer in time');
