import { decode, encode, formatIssues } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import type { BusListener, ClusterBus } from '../cluster/bus.ts';
import { busMessage, type GatewayMessage } from '../cluster/messages.ts';
import type { RedisClient, RedisConnection } from './connection.ts';
import { busChannel } from './scripts.ts';

/** Who does not hear itself for so long is deaf: it says something every second. */
const silenceTimeoutMs = 5_000;
/** Of foreign messages there may be many: one line in so long is enough. */
const warningIntervalMs = 60_000;

export interface RedisBusOptions {
  connection: RedisConnection;
  gatewayId: string;
  log: Pick<FastifyBaseLogger, 'warn'>;
}

/** A bus over Redis's publish and subscribe. */
export class RedisBus implements ClusterBus {
  readonly gatewayId: string;
  readonly #connection: RedisConnection;
  readonly #subscriber: RedisConnection;
  readonly #log: RedisBusOptions['log'];
  #listener: BusListener | undefined;
  #lastMessageAt = performance.now();
  #warnedAt = Number.NEGATIVE_INFINITY;

  private constructor({ connection, gatewayId: self, log }: RedisBusOptions, listening: RedisConnection) {
    this.gatewayId = self;
    this.#connection = connection;
    this.#subscriber = listening;
    this.#log = log;
  }

  static async open(options: RedisBusOptions): Promise<RedisBus> {
    const bus = new RedisBus(options, await options.connection.duplicate());
    await bus.#subscriber.run((client) => bus.#subscribe(client));
    bus.#subscriber.onClient((client) => bus.#attach(client));
    return bus;
  }

  send(message: GatewayMessage): void {
    const text = encode({ ...message, from: this.gatewayId });
    this.#connection
      .run((client) => client.publish(busChannel, text))
      .then(
        () => this.#checkSubscription(),
        // The store, on the same connection, tells of what is in the way.
        () => {},
      );
  }

  listen(listener: BusListener): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    await this.#subscriber.close();
  }

  /** The client subscribes anew by itself when it reconnects; one that takes its place does not. */
  #attach(client: RedisClient): void {
    client.on('ready', () => {
      this.#lastMessageAt = performance.now();
      const subscribed = client.isPubSubActive ? Promise.resolve() : this.#subscribe(client);
      // Where that fails, the connection does, and it is tried again with the next.
      subscribed.then(
        () => this.#listener?.onReconnect(),
        () => {},
      );
    });
  }

  #subscribe(client: RedisClient): Promise<void> {
    return client.subscribe(busChannel, (text) => this.#receive(text));
  }

  #receive(text: string): void {
    const result = decode(busMessage, text);
    if (!result.ok) return this.#warn(formatIssues(result.error.issues));
    const { from } = result.value;
    if (from === this.gatewayId) this.#lastMessageAt = performance.now();
    else this.#listener?.onMessage(result.value, from);
  }

  #warn(why: string): void {
    const now = performance.now();
    if (now - this.#warnedAt < warningIntervalMs) return;
    this.#warnedAt = now;
    this.#log.warn({ why }, 'what is no message of a gateway came over Redis: ignored, as is what follows');
  }

  /** A connection that was cut without a word takes what it is given and brings nothing. */
  #checkSubscription(): void {
    const now = performance.now();
    if (now - this.#lastMessageAt < silenceTimeoutMs) return;
    this.#lastMessageAt = now;
    this.#subscriber.reconnect();
  }
}
