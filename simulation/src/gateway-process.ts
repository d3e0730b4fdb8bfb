import { buildGateway, type Gateway } from '../../packages/gateway/dist/src/app.js';
import type { Limits } from '../../packages/gateway/dist/src/limits.js';
import { type Database, SimBus, StoreClient } from './database.ts';
import type { Network } from './network.ts';
import type { Random } from './random.ts';
import { outside, type Scheduler, SimProcess } from './scheduler.ts';
import type { VirtualSocket } from './virtual-socket.ts';

export interface GatewayOptions {
  index: number;
  scheduler: Scheduler;
  random: Random;
  network: Network;
  database: Database;
  limits: Partial<Limits>;
  keepRuns: number | undefined;
  /** Called when the gateway logs an error that is not about its store. */
  onError(message: string): void;
}

/** How a gateway ends: killed, with or without a sign to its peers, or closed in order. */
export type GatewayEnd = 'end' | 'reset' | 'none' | 'close';

/** A gateway that runs in a process of its own, and can be started, killed and closed. */
export class GatewayProcess {
  readonly index: number;
  readonly ports: { live: number; ingest: number };
  readonly #options: GatewayOptions;
  process: SimProcess;
  gateway: Gateway | undefined;
  bus: SimBus | undefined;
  /** The requests of this process that have no response yet. */
  unanswered = new Set<string>();
  #starts = 0;

  constructor(options: GatewayOptions) {
    this.index = options.index;
    this.ports = { live: 5_000 + 1_000 * options.index, ingest: 5_001 + 1_000 * options.index };
    this.#options = options;
    this.process = this.#newProcess();
    this.process.isAlive = false;
  }

  get isUp(): boolean {
    return this.process.isAlive && this.gateway !== undefined;
  }

  start(): void {
    if (this.process.isAlive) return;
    const { scheduler, network } = this.#options;
    const process = this.#newProcess();
    this.process = process;
    this.gateway = undefined;
    this.unanswered = new Set();
    network.setSilent(process.host, false);
    scheduler.schedule(0, () => void this.#open(process), process);
  }

  /** Ends the process; returns whether it was running. */
  kill(sign: 'end' | 'reset' | 'none'): boolean {
    if (!this.process.isAlive) return false;
    const { network, database } = this.#options;
    this.process.isAlive = false;
    network.kill(this.process, sign);
    network.setSilent(this.process.host, sign === 'none');
    if (this.bus) database.subscribers.delete(this.bus.gatewayId);
    this.gateway = undefined;
    this.bus = undefined;
    return true;
  }

  /** Closes the gateway as a signal does; calls back when it has ended. */
  close(onClosed: () => void): void {
    const { scheduler, network, onError } = this.#options;
    const { process, gateway } = this;
    if (!gateway || !process.isAlive) return;
    this.gateway = undefined;
    process.isClosing = true;
    network.stopListening(process);
    const close = (): void => {
      gateway.close().then(
        () => {
          this.kill('end');
          onClosed();
        },
        (error) => {
          if ((error as { code?: string }).code !== 'store.stalled') onError(`close: ${String(error)}`);
          this.kill('end');
          onClosed();
        },
      );
    };
    scheduler.schedule(0, close, process);
  }

  /** Sends a request without a connection, as the page does over HTTP; calls back with the status and the body. */
  request(
    method: 'GET' | 'DELETE' | 'PATCH',
    url: string,
    { body, onResponse }: { body?: object; onResponse?: (status: number, text: string) => void } = {},
  ): void {
    const { gateway, process, unanswered } = this;
    const { scheduler } = this.#options;
    if (!gateway) return;
    const name = `${method} ${url}`;
    unanswered.add(name);
    const send = (): void => {
      gateway.publicApp
        .inject({ method, url, headers: { host: '127.0.0.1' }, ...(body && { payload: body }) })
        .then(
          (response) => onResponse?.(response.statusCode, response.payload),
          (error) => this.#options.onError(`${name}: ${String(error)}`),
        )
        .finally(() => unanswered.delete(name));
    };
    scheduler.schedule(0, send, process);
  }

  async #open(process: SimProcess): Promise<void> {
    const { database, network, limits, keepRuns } = this.#options;
    const id = `gateway-${this.index}-${this.#starts}`;
    const isShared = database.options.kind === 'redis';
    const bus = isShared ? new SimBus(database, process, id) : undefined;
    this.bus = bus;
    try {
      const gateway = await buildGateway({
        config: {
          ...{ host: '127.0.0.1', ingestHost: '127.0.0.1', runs: '/nowhere' },
          ...(keepRuns !== undefined && { keep: { runs: keepRuns } }),
        },
        store: new StoreClient(database, process, id),
        ...(bus && { bus }),
        log: this.#log(),
        limits,
        page: '/',
      } as Parameters<typeof buildGateway>[0]);
      await gateway.publicApp.ready();
      await gateway.ingestApp.ready();
      this.gateway = gateway;
      const accept =
        (app: Gateway['publicApp']) =>
        (socket: VirtualSocket): void => {
          app.server.emit('connection', socket);
        };
      network.listen(this.ports.live, { process, accept: accept(gateway.publicApp) });
      network.listen(this.ports.ingest, { process, accept: accept(gateway.ingestApp) });
    } catch {
      // The store cannot be read: the process ends, and its supervisor starts it again.
      this.kill('end');
      this.#options.scheduler.schedule(1_000, () => this.start(), outside);
    }
  }

  #newProcess(): SimProcess {
    const { scheduler, random, index } = this.#options;
    this.#starts++;
    return new SimProcess(`gateway ${index}`, {
      host: `gateway ${index}`,
      startedAt: scheduler.now,
      clockErrorMs: random.chance(0.2) ? random.between(-5_000, 5_000) : 0,
    });
  }

  #log(): Parameters<typeof buildGateway>[0]['log'] {
    const { onError } = this.#options;
    const silent = (): void => {};
    const log = {
      ...{ level: 'info', info: silent, warn: silent, debug: silent, trace: silent, silent },
      error: (details: unknown, message?: string) => {
        const { err } = details as { err?: Error };
        if (err !== undefined) onError(`${message}: ${err.stack ?? String(err)}`);
      },
      fatal: (details: unknown) => onError(String(details)),
      child: () => log,
    };
    return log as unknown as Parameters<typeof buildGateway>[0]['log'];
  }
}
