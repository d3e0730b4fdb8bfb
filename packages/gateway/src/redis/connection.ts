import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { backoffDefaults, backoffMs, MonitorError } from '@mnist-monitor/shared';
import { createClient } from '@redis/client';
import { scripts } from './scripts.ts';

export interface RedisConnectionOptions {
  /** `redis://…`, `rediss://…` or `unix:///path`. */
  url: string;
  /** An answer that takes longer will not come: the connection is given up and made anew. */
  timeoutMs: number;
}

/** Older ones lack commands that are asked for here, or fixes of streams and scripts. */
const oldestServer = 7;
/** A Redis that comes back is asked for at least so often. */
const reconnectMs = 1_000;

const closeMs = 500;

const newClient = ({ url, timeoutMs }: RedisConnectionOptions, retry: () => boolean) => {
  const path = /^unix:\/\/(\/.+)$/.exec(url)?.[1];
  const socket = {
    connectTimeout: timeoutMs,
    reconnectStrategy: (attempt: number) =>
      retry() && backoffMs(attempt, { ...backoffDefaults, firstMs: 100, maxMs: reconnectMs }),
  };
  const client = createClient({
    ...(path === undefined ? { url, socket } : { socket: { ...socket, path, tls: false as const } }),
    scripts,
    // What cannot be asked now fails now: whoever asks decides whether to ask again.
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: 'disabled',
  });
  // Whoever asks hears of it; without a listener it would end the process.
  return client.on('error', () => {});
};

export type RedisClient = ReturnType<typeof newClient>;

/** A connection to Redis that is made anew whenever it breaks, or when an answer does not come. */
export class RedisConnection {
  /** Where it is, without name and password. */
  readonly address: string;
  readonly #options: RedisConnectionOptions;
  readonly #clientListeners = new Set<(client: RedisClient) => void>();
  #client: RedisClient;
  /** Whether it was there once: what is wrong before that will not mend itself. */
  #isEstablished = false;
  #closed = false;

  private constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.address = withoutCredentials(options.url);
    this.#client = this.#newClient();
  }

  /** @throws MonitorError `store.unusable` when there is no Redis of a known version that lets us in. */
  static async open(options: RedisConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(options);
    try {
      await connection.#establish();
      return connection;
    } catch (error) {
      await connection.close();
      throw connection.#unusable(error as Error);
    }
  }

  /** A second one to the same server, for listening. */
  duplicate(): Promise<RedisConnection> {
    return RedisConnection.open(this.#options);
  }

  /**
   * Asks something of the server.
   * @throws Error of the client, or when no answer comes in time; it may have been done all the same.
   */
  async run<T>(question: (client: RedisClient) => Promise<T>): Promise<T> {
    const client = this.#client;
    const late = new AbortController();
    try {
      return await Promise.race([question(client), this.#timeout(late.signal)]);
    } catch (error) {
      if (error === timeoutError && client === this.#client && this.#isEstablished && !this.#closed)
        this.reconnect();
      throw error;
    } finally {
      late.abort();
    }
  }

  /** Calls back with the client now, and with each that takes its place. */
  onClient(watcher: (client: RedisClient) => void): void {
    this.#clientListeners.add(watcher);
    watcher(this.#client);
  }

  /** Gives the connection up and makes another. */
  reconnect(): void {
    const old = this.#client;
    this.#client = this.#newClient();
    for (const watcher of this.#clientListeners) watcher(this.#client);
    this.#client.connect().catch(() => {});
    old.destroy();
  }

  /** What was asked before is answered first, if that is soon. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    if (client.isReady) await Promise.race([client.close(), delay(closeMs, undefined, { ref: false })]);
    client.destroy();
  }

  async #establish(): Promise<void> {
    const late = new AbortController();
    await Promise.race([this.#client.connect(), this.#timeout(late.signal)]).finally(() => late.abort());
    const info = await this.run((client) => client.info('server'));
    const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'of no version';
    if (!(Number.parseInt(version, 10) >= oldestServer))
      throw new Error(`expected Redis ${oldestServer} or newer, got ${version}`);
    this.#isEstablished = true;
  }

  #newClient(): RedisClient {
    return newClient(this.#options, () => this.#isEstablished && !this.#closed);
  }

  async #timeout(signal: AbortSignal): Promise<never> {
    // Ended early, it is not waited for any more.
    await delay(this.#options.timeoutMs, undefined, { ref: false, signal });
    // Where this process was what took so long, the answer is there and only has to be read.
    await nextTurn();
    throw timeoutError;
  }

  #unusable(cause: Error): MonitorError {
    const why = reasonOf(cause);
    const message = `Redis at ${this.address} cannot be used (${why}): check --redis-url and the server`;
    return new MonitorError('store.unusable', message, { cause });
  }
}

const timeoutError = new Error('no answer in time');

/** The kind of an error and what it says, in one line. */
export const reasonOf = (error: Error): string => {
  const inner = error instanceof AggregateError ? (error.errors[0] as Error) : error;
  return (inner.message || inner.name).split('\n')[0]!.slice(0, 200);
};

/** An address without the name and the password in it, and without its query. */
export function withoutCredentials(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
