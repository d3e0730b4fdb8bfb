import { Duplex } from 'node:stream';
import type { Random } from './random.ts';
import type { Scheduler, SimProcess } from './scheduler.ts';

/** A part of one direction of a connection: bytes, or its end. */
type Segment = Buffer | 'end' | 'reset';

/** Properties of a path through the network. */
export interface PathOptions {
  latencyMs: number;
  jitterMs: number;
  bytesPerMs: number;
  /** The bytes that the kernels of both sides hold before a write has to wait. */
  windowBytes: number;
  /** The probability that a write arrives in two pieces. */
  splitChance: number;
}

export interface ConnectionOptions {
  scheduler: Scheduler;
  random: Random;
  path: PathOptions;
  /** Returns the time at which the path between the two machines works again; undefined while it works. */
  blockedUntil(): number | undefined;
}

/** The most bytes that the system returns for one read. */
export const readBytes = 64 * 1024;

/** One direction of a connection. */
class Direction {
  readonly #options: ConnectionOptions;
  readonly #from: VirtualSocket;
  readonly #to: () => VirtualSocket | undefined;
  readonly #inFlight: Segment[] = [];
  #bytesInFlight = 0;
  #lastArrival = 0;
  #waiting: { rest: Buffer; done: () => void } | undefined;
  isLost = false;

  constructor(options: ConnectionOptions, from: VirtualSocket, to: () => VirtualSocket | undefined) {
    this.#options = options;
    this.#from = from;
    this.#to = to;
  }

  /** Sends bytes, and calls back when the kernel has accepted all of them. */
  send(bytes: Buffer, done: () => void): void {
    this.#waiting = { rest: bytes, done };
    this.#sendWaiting();
  }

  /** The bytes of the current write that the kernel has not accepted. */
  get waitingBytes(): number {
    return this.#waiting?.rest.length ?? 0;
  }

  sendSignal(signal: 'end' | 'reset'): void {
    if (signal === 'reset') this.#waiting = undefined;
    this.#dispatch(signal);
  }

  /** Counts bytes as read by the receiving program, which lets the sender send more. */
  acknowledge(bytes: number): void {
    const { scheduler, path } = this.#options;
    if (!this.#waiting) this.#bytesInFlight -= bytes;
    else
      scheduler.schedule(
        path.latencyMs,
        () => {
          this.#bytesInFlight -= bytes;
          this.#sendWaiting();
        },
        this.#from.process,
      );
  }

  #sendWaiting(): void {
    const { random, path } = this.#options;
    const waiting = this.#waiting;
    if (!waiting) return;
    const room = Math.max(0, path.windowBytes - this.#bytesInFlight);
    // As TCP, which waits for half a window instead of sending ever smaller pieces (RFC 1122, section 4.2.3.4).
    if (room < Math.min(waiting.rest.length, path.windowBytes / 2)) return;
    const bytes = waiting.rest.subarray(0, room);
    if (bytes.length > 0) {
      this.#bytesInFlight += bytes.length;
      if (bytes.length > 1 && random.chance(path.splitChance)) {
        const at = random.integer(1, bytes.length - 1);
        this.#dispatch(bytes.subarray(0, at));
        this.#dispatch(bytes.subarray(at));
      } else this.#dispatch(bytes);
    }
    waiting.rest = waiting.rest.subarray(bytes.length);
    if (waiting.rest.length > 0) return;
    this.#waiting = undefined;
    waiting.done();
  }

  #dispatch(segment: Segment): void {
    const { scheduler, random, path } = this.#options;
    const size = typeof segment === 'string' ? 0 : segment.length;
    const travelMs = path.latencyMs + random.float() * path.jitterMs;
    this.#lastArrival = Math.max(this.#lastArrival, scheduler.now + travelMs) + size / path.bytesPerMs;
    this.#inFlight.push(segment);
    this.#scheduleArrival(this.#lastArrival - scheduler.now);
  }

  /** Each arrival delivers the oldest segment, so that none overtakes another. */
  #scheduleArrival(delayMs: number): void {
    const { scheduler, random, blockedUntil } = this.#options;
    const arrive = (): void => {
      const until = blockedUntil();
      if (until !== undefined) {
        const at = until + random.between(0, 200);
        this.#lastArrival = Math.max(this.#lastArrival, at);
        return this.#scheduleArrival(at - scheduler.now);
      }
      const segment = this.#inFlight.shift();
      if (segment !== undefined && !this.isLost) this.#to()?.receive(segment);
    };
    scheduler.schedule(Math.max(0, delayMs), arrive, this.#to()?.process);
  }
}

/** One end of a TCP connection in the virtual network, with the parts of `net.Socket` that the programs use. */
export class VirtualSocket extends Duplex {
  readonly process: SimProcess;
  readonly remoteAddress = '127.0.0.1';
  readonly remoteFamily = 'IPv4';
  readonly remotePort: number;
  readonly localPort: number;
  connecting: boolean;
  /** Set by the HTTP server and client of Node.js. */
  parser: { remove(): void; close(): void } | null = null;
  bytesRead = 0;
  /** Called with each write of the program, before it is sent. */
  onWrite: ((bytes: Buffer) => void) | undefined;
  /** Called after each read of the program. */
  onRead: (() => void) | undefined;
  /** Whether the program does not read: a browser tab that is suspended, for example. */
  #isStalled = false;
  #sent = 0;
  /** The size of the write that has not ended. */
  #pendingBytes = 0;
  #outgoing!: Direction;
  #incoming!: Direction;
  readonly #received: (Buffer | 'end')[] = [];
  #isReading = false;
  #hasEnded = false;
  #isReset = false;

  constructor(process: SimProcess, options: { remotePort: number; localPort: number; isServer: boolean }) {
    super({ allowHalfOpen: options.isServer, emitClose: true, autoDestroy: true });
    this.process = process;
    this.remotePort = options.remotePort;
    this.localPort = options.localPort;
    this.connecting = !options.isServer;
  }

  /** Joins two sockets to a connection. */
  static join(client: VirtualSocket, server: VirtualSocket, options: ConnectionOptions): void {
    const there = new Direction(options, client, () => server);
    const back = new Direction(options, server, () => client);
    [client.#outgoing, client.#incoming] = [there, back];
    [server.#outgoing, server.#incoming] = [back, there];
  }

  /** The part of Node's handle that the programs and the HTTP server use; the stream itself does the reading. */
  get _handle(): object | null {
    if (this.destroyed || this.connecting) return null;
    const writeQueueSize = this.#outgoing.waitingBytes;
    const bytesWritten = this.#sent + this.#pendingBytes;
    return { bytesWritten, writeQueueSize, reading: true, readStart() {}, readStop() {} };
  }

  get bytesWritten(): number {
    return this.#sent + this.writableLength;
  }

  /** Frees the HTTP parser that has read no complete request or response: Node.js keeps it, with all that it refers to. */
  freeParser(): void {
    this.parser?.remove();
    this.parser?.close();
    this.parser = null;
  }

  /** Lets everything that is sent on the connection vanish, without a sign to either side. */
  lose(): void {
    this.#outgoing.isLost = true;
    this.#incoming.isLost = true;
  }

  /** Ends this side as the kernel does for a process that was killed. */
  abandon(signal: 'end' | 'reset'): void {
    this.#outgoing.sendSignal(signal);
  }

  set isStalled(isStalled: boolean) {
    this.#isStalled = isStalled;
    this.#deliver();
  }

  receive(segment: Segment): void {
    if (!this.process.isAlive || this.destroyed) {
      // A closed socket answers what arrives with a reset.
      if (Buffer.isBuffer(segment)) this.#outgoing.sendSignal('reset');
      return;
    }
    if (segment === 'reset') {
      this.#isReset = true;
      this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }));
      return;
    }
    if (segment === 'end') this.#received.push(segment);
    else
      for (let at = 0; at < segment.length; at += readBytes)
        this.#received.push(segment.subarray(at, at + readBytes));
    this.#deliver();
  }

  connected(): void {
    this.connecting = false;
    this.emit('connect');
    this.emit('ready');
  }

  #deliver(): void {
    while (this.#isReading && !this.#isStalled && !this.destroyed) {
      const next = this.#received.shift();
      if (next === undefined) return;
      if (next === 'end') {
        this.push(null);
        return;
      }
      this.bytesRead += next.length;
      this.#incoming.acknowledge(next.length);
      this.#isReading = this.push(next);
      this.onRead?.();
    }
  }

  override _read(): void {
    this.#isReading = true;
    this.#deliver();
  }

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    const encoding = typeof rest[0] === 'string' ? (rest[0] as BufferEncoding) : 'utf8';
    this.onWrite?.(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : (chunk as Buffer));
    return (super.write as (...args: unknown[]) => boolean)(chunk, ...rest);
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.#send(chunk, callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  #send(bytes: Buffer, callback: () => void): void {
    if (this.connecting) {
      this.once('connect', () => this.#send(bytes, callback));
      return;
    }
    this.#pendingBytes = bytes.length;
    this.#outgoing.send(bytes, () => {
      this.#pendingBytes = 0;
      this.#sent += bytes.length;
      callback();
    });
  }

  override _final(callback: () => void): void {
    if (this.connecting) {
      this.once('connect', () => this._final(callback));
      return;
    }
    this.#hasEnded = true;
    this.#outgoing.sendSignal('end');
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (!this.connecting && !this.#isReset) {
      if (this.#received.some((segment) => segment !== 'end')) this.#outgoing.sendSignal('reset');
      else if (!this.#hasEnded) this.#outgoing.sendSignal('end');
    }
    callback(error);
  }

  resetAndDestroy(): this {
    if (!this.connecting && !this.#isReset && !this.destroyed) this.#outgoing.sendSignal('reset');
    this.#isReset = true;
    return this.destroy();
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
