import { decode, encode, formatIssues } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import type { BusListener, ClusterBus } from '../cluster/bus.ts';
import { busMessage, type GatewayMessage } from '../cluster/messages.ts';
import type { RedisClient, RedisConnection } from './connection.ts';

/** A gateway receives its own messages, sent every second. Without one for this time, its subscription is lost. */
const silenceTimeoutMs = 5_000;
/** The shortest time between two warnings about messages that are not from a gateway. */
const warningIntervalMs = 60_000;

export interface RedisBusOptions {
  connection: RedisConnection;
  gatewayId: string;
  log: Pick<FastifyBaseLogger, 'warn'>;
}

/** A cluster bus over publish and subscribe of Redis. */
export class RedisBus implements ClusterBus {
  readonly gatewayId: string;
  readonly #connection: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #log: RedisBusOptions['log'];
  #listener: BusListener | undefined;
  #lastOwnMessageAt = performance.now();
  #warnedAt = Number.NEGATIVE_INFINITY;

  private constructor({ connection, gatewayId, log }: RedisBusOptions, subscriber: RedisConnection) {
    this.gatewayId = gatewayId;
    this.#connection = connection;
    this.#subscriber = subscriber;
    this.#log = log;
  }

  /** @throws MonitorError `store.unusable` */
  static async open(options: RedisBusOptions): Promise<RedisBus> {
    const bus = new RedisBus(options, await options.connection.duplicate());
    try {
      await bus.#subscriber.run((client) => bus.#subscribe(client));
    } catch (error) {
      await bus.close();
      throw options.connection.unusableError(error as Error);
    }
    bus.#subscriber.onClient((client) => bus.#attach(client));
    return bus;
  }

  send(message: GatewayMessage): void {
    const text = encode({ ...message, from: this.gatewayId });
    this.#connection
      .run((client) => client.publish(this.#connection.busChannel, text))
      .then(
        () => this.#checkSubscription(),
        // The store uses the same connection and reports its failures.
        () => {},
      );
  }

  listen(listener: BusListener): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    await this.#subscriber.close();
  }

  /** Subscribes a client that replaces another; a client that reconnects subscribes again by itself. */
  #attach(client: RedisClient): void {
    client.on('ready', () => {
      this.#lastOwnMessageAt = performance.now();
      const subscribed = client.isPubSubActive ? Promise.resolve() : this.#subscribe(client);
      // When subscribing fails, the connection has failed too, and the next connection subscribes.
      subscribed.then(
        () => this.#listener?.onReconnect(),
        () => {},
      );
    });
  }

  #subscribe(client: RedisClient): Promise<void> {
    return client.subscribe(this.#connection.busChannel, (text) => this.#receive(text));
  }

  #receive(text: string): void {
    const result = decode(busMessage, text);
    if (!result.ok) return this.#warn(formatIssues(result.error.issues));
    const { from } = result.value;
    if (from === this.gatewayId) this.#lastOwnMessageAt = performance.now();
    else this.#listener?.onMessage(result.value, from);
  }

  #warn(why: string): void {
    const now = performance.now();
    if (now - this.#warnedAt < warningIntervalMs) return;
    this.#warnedAt = now;
    this.#log.warn({ why }, 'ignored a message over Redis that is not from a gateway; logged once a minute');
  }

  /** Detects a connection that was cut silently: what is written to it succeeds, and nothing comes back. */
  #checkSubscription(): void {
    const now = performance.now();
    if (now - this.#lastOwnMessageAt < silenceTimeoutMs) return;
    this.#lastOwnMessageAt = now;
    this.#subscriber.reconnect();
  }
}
