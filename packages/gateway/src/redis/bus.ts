import { decode, encode, formatIssues } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import type { Bus, BusListener } from '../cluster/bus.ts';
import { busMessage, type GatewayMessage } from '../cluster/messages.ts';
import type { RedisClient, RedisConnection } from './connection.ts';
import { busChannel } from './scripts.ts';

/** Who does not hear itself for so long is deaf: it says something every second. */
const deafMs = 5_000;
/** Of foreign messages there may be many: one line in so long is enough. */
const complaintMs = 60_000;

export interface RedisBusOptions {
  connection: RedisConnection;
  self: string;
  log: Pick<FastifyBaseLogger, 'warn'>;
}

/** A bus over Redis's publish and subscribe. */
export class RedisBus implements Bus {
  readonly self: string;
  readonly #connection: RedisConnection;
  readonly #listening: RedisConnection;
  readonly #log: RedisBusOptions['log'];
  #listener: BusListener | undefined;
  #heardAt = performance.now();
  #complainedAt = Number.NEGATIVE_INFINITY;

  private constructor({ connection, self, log }: RedisBusOptions, listening: RedisConnection) {
    this.self = self;
    this.#connection = connection;
    this.#listening = listening;
    this.#log = log;
  }

  static async open(options: RedisBusOptions): Promise<RedisBus> {
    const bus = new RedisBus(options, await options.connection.another());
    await bus.#listening.ask((client) => bus.#subscribe(client));
    bus.#listening.watch((client) => bus.#attach(client));
    return bus;
  }

  send(message: GatewayMessage): void {
    const text = encode({ ...message, from: this.self });
    this.#connection
      .ask((client) => client.publish(busChannel, text))
      .then(
        () => this.#checkHearing(),
        // The store, on the same connection, tells of what is in the way.
        () => {},
      );
  }

  listen(listener: BusListener): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    await this.#listening.close();
  }

  /** The client subscribes anew by itself when it reconnects; one that takes its place does not. */
  #attach(client: RedisClient): void {
    client.on('ready', () => {
      this.#heardAt = performance.now();
      const subscribed = client.isPubSubActive ? Promise.resolve() : this.#subscribe(client);
      // Where that fails, the connection does, and it is tried again with the next.
      subscribed.then(
        () => this.#listener?.rejoined(),
        () => {},
      );
    });
  }

  #subscribe(client: RedisClient): Promise<void> {
    return client.subscribe(busChannel, (text) => this.#take(text));
  }

  #take(text: string): void {
    const result = decode(busMessage, text);
    if (!result.ok) return this.#complain(formatIssues(result.error.issues));
    const { from } = result.value;
    if (from === this.self) this.#heardAt = performance.now();
    else this.#listener?.hear(result.value, from);
  }

  #complain(why: string): void {
    const now = performance.now();
    if (now - this.#complainedAt < complaintMs) return;
    this.#complainedAt = now;
    this.#log.warn({ why }, 'what is no message of a gateway came over Redis: ignored, as is what follows');
  }

  /** A connection that was cut without a word takes what it is given and brings nothing. */
  #checkHearing(): void {
    const now = performance.now();
    if (now - this.#heardAt < deafMs) return;
    this.#heardAt = now;
    this.#listening.renew();
  }
}
