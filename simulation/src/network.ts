import { FrameReader } from './frame-reader.ts';
import type { Random } from './random.ts';
import { outside, type Scheduler, type SimProcess } from './scheduler.ts';
import { type PathOptions, VirtualSocket } from './virtual-socket.ts';

/** Accepts the connections to a port. */
export interface Listener {
  process: SimProcess;
  accept(socket: VirtualSocket): void;
}

/** A connection that was opened. */
export interface Connection {
  readonly id: number;
  readonly port: number;
  readonly client: VirtualSocket;
  readonly server: VirtualSocket;
  /** The query of the request that opened the connection. */
  readonly query: URLSearchParams;
  /** Whether the server has sent a close frame: it discards what it reads from then on. */
  readonly isClosing: boolean;
}

/** Receives the messages of all connections at the moment when a program sends them. */
export interface NetworkObserver {
  /** @param end The number of bytes that the sender has written up to the end of the message. */
  onMessage(connection: Connection, from: 'client' | 'server', message: { text: string; end: number }): void;
  /** Called after each write of a server. */
  onWrite(connection: Connection): void;
  /** Called after each read of a server. */
  onRead(connection: Connection): void;
}

export interface NetworkOptions {
  scheduler: Scheduler;
  random: Random;
  /** Returns the path from a machine to the gateways. */
  pathOf(host: string): PathOptions;
  observer: NetworkObserver;
}

/** The machine of the Redis server. */
export const databaseHost = 'database';
/** The delay of TCP's first attempt to connect again. */
const synRetryMs = 1_000;

/** A network of machines in virtual time, whose connections carry bytes. */
export class Network {
  readonly connections = new Set<Connection>();
  readonly #options: NetworkOptions;
  readonly #listeners = new Map<number, Listener>();
  /** Ports that forward each connection to one of several others. */
  readonly #balancers = new Map<number, readonly number[]>();
  readonly #blocks = new Map<string, number>();
  /** Machines that answer nothing, not even with a refusal. */
  readonly #silentHosts = new Set<string>();
  readonly #sockets: VirtualSocket[] = [];
  #nextId = 1;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  listen(port: number, listener: Listener): void {
    this.#listeners.set(port, listener);
  }

  /** Lets a port forward each new connection to one of the listed ports that has a listener. */
  balance(port: number, targets: readonly number[]): void {
    this.#balancers.set(port, targets);
  }

  /** Lets nothing pass between two machines until a virtual time; then what was sent arrives. */
  block(one: string, other: string, until: number): void {
    this.#blocks.set(pairOf(one, other), until);
  }

  /** Returns the end of the block between two machines; undefined without one. */
  blockedUntil(one: string, other: string): number | undefined {
    const until = this.#blocks.get(pairOf(one, other));
    return until !== undefined && until > this.#options.scheduler.now ? until : undefined;
  }

  heal(): void {
    this.#blocks.clear();
    this.#silentHosts.clear();
  }

  setSilent(host: string, isSilent: boolean): void {
    if (isSilent) this.#silentHosts.add(host);
    else this.#silentHosts.delete(host);
  }

  /** Ends the connections of a process that was killed. */
  kill(process: SimProcess, sign: 'end' | 'reset' | 'none'): void {
    for (const connection of this.connections) {
      const { client, server } = connection;
      const own = client.process === process ? client : server;
      if (own.process !== process) continue;
      if (sign === 'none') own.lose();
      else own.abandon(sign);
      this.connections.delete(connection);
    }
    this.stopListening(process);
  }

  stopListening(process: SimProcess): void {
    for (const [port, listener] of this.#listeners)
      if (listener.process === process) this.#listeners.delete(port);
  }

  /** Frees what Node.js keeps of the sockets that no program has closed, because its process was killed. */
  dispose(): void {
    for (const socket of this.#sockets) socket.freeParser();
  }

  /** Opens a connection from the current process, as `net.connect` does. */
  connect({ port = 0 }: { port?: number }): VirtualSocket {
    const { scheduler, random } = this.#options;
    const process = scheduler.current;
    const id = this.#nextId++;
    const client = new VirtualSocket(process, { remotePort: port, localPort: 40_000 + id, isServer: false });
    this.#sockets.push(client);
    const path = this.#options.pathOf(process.host);
    let connection: Connection | undefined;
    // The request is written while the connection is opened, and messages only after that.
    const reader = new FrameReader((text, end) => {
      if (connection && this.connections.has(connection))
        this.#options.observer.onMessage(connection, 'client', { text, end });
    });
    client.onWrite = (bytes) => reader.add(bytes);
    const accept = (listener: Listener): void => {
      connection = this.#accept(id, { client, listener, reader });
    };
    const arrive = (): void => {
      const listener = this.#listenerAt(port);
      const host = listener?.process.host ?? hostOfPort(port);
      const until = this.blockedUntil(process.host, host);
      if (until !== undefined) {
        scheduler.schedule(until - scheduler.now + random.between(0, synRetryMs), arrive, outside);
        return;
      }
      if (!process.isAlive || client.destroyed || this.#silentHosts.has(host)) return;
      if (!listener) {
        const error = Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), {
          code: 'ECONNREFUSED',
          syscall: 'connect',
        });
        scheduler.schedule(path.latencyMs, () => client.destroy(error), process);
        return;
      }
      scheduler.schedule(0, () => accept(listener), listener.process);
    };
    scheduler.schedule(path.latencyMs, arrive, outside);
    return client;
  }

  #accept(
    id: number,
    { client, listener, reader }: { client: VirtualSocket; listener: Listener; reader: FrameReader },
  ): Connection {
    const { scheduler, random, observer, pathOf } = this.#options;
    const { process } = client;
    const path = pathOf(process.host);
    const [remotePort, localPort] = [client.localPort, client.remotePort];
    const server = new VirtualSocket(listener.process, { remotePort, localPort, isServer: true });
    this.#sockets.push(server);
    VirtualSocket.join(client, server, {
      ...{ scheduler, random: random.fork(`connection ${id}`), path },
      blockedUntil: () => this.blockedUntil(process.host, listener.process.host),
    });
    const replies = new FrameReader((text, end) => observer.onMessage(connection, 'server', { text, end }));
    const connection: Connection = {
      ...{ id, port: localPort, client, server, query: reader.query },
      get isClosing() {
        return replies.isClosing;
      },
    };
    this.connections.add(connection);
    server.onWrite = (bytes) => {
      replies.add(bytes);
      observer.onWrite(connection);
    };
    server.onRead = () => observer.onRead(connection);
    for (const socket of [client, server])
      socket.once('close', () => {
        if (client.destroyed && server.destroyed) this.connections.delete(connection);
      });
    listener.accept(server);
    scheduler.schedule(
      path.latencyMs,
      () => {
        if (client.destroyed) server.receive('reset');
        else client.connected();
      },
      process,
    );
    return connection;
  }

  #listenerAt(port: number): Listener | undefined {
    const targets = this.#balancers.get(port);
    if (!targets) return this.#listeners.get(port);
    const up = targets.flatMap((target) => this.#listeners.get(target) ?? []);
    return up.length > 0 ? this.#options.random.pick(up) : undefined;
  }
}

const pairOf = (one: string, other: string): string => [one, other].sort().join(' ');

/** Each gateway has the ports 5000 and 5001, plus 1000 times its index. */
const hostOfPort = (port: number): string => `gateway ${Math.floor(port / 1_000) - 5}`;
