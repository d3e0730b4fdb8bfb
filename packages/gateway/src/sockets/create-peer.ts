import type { Socket } from 'node:net';
import { type CloseCodeName, closeCodes } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import { type RawData, WebSocket } from 'ws';
import type { Limits } from '../limits.ts';
import { frameText } from './frames.ts';
import type { Heartbeats, HeartbeatTarget } from './heartbeats.ts';
import { keepAlive } from './keep-alive.ts';
import type { Peer } from './peer.ts';
import { drained } from './sent-bytes.ts';

export interface PeerOptions {
  /** The TCP connection below the WebSocket. */
  stream: Socket;
  /** The address of the client, for the log. */
  address: string;
  log: Pick<FastifyBaseLogger, 'error' | 'info' | 'warn'>;
  limits: Pick<Limits, 'pingIntervalMs' | 'pongTimeoutMs' | 'closeTimeoutMs'>;
  /** Sends heartbeats to the client, unless it has unread messages. */
  heartbeats?: Heartbeats;
  /** Called with the name of the code with which this side closed the connection. */
  onClosed?: (name: CloseCodeName) => void;
  /** Called with each text message, in order. An exception or rejection closes this connection alone. */
  onMessage: (text: string, peer: Peer) => void | Promise<void>;
}

/** Closes of clients that guess tokens or send too much, which an operator may want to see. */
const suspiciousCloses = new Set<CloseCodeName>(['unauthorized', 'tooMany']);

/** Names of the codes with which ws closes a connection after an invalid frame, by its error; `protocolError` for all others. */
const frameErrors: Record<string, CloseCodeName> = {
  WS_ERR_INVALID_UTF8: 'notUtf8',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'tooFragmented',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'tooBig',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'tooBig',
};

/** A close frame has room for a reason of 123 bytes (RFC 6455 section 5.5). */
const maxReasonBytes = 123;

/**
 * Wraps an open WebSocket as a peer. All listeners of sockets are added here: an exception in a listener added elsewhere
 * would end the process.
 */
export function createPeer(socket: WebSocket, options: PeerOptions): Peer {
  return new SocketPeer(socket, options);
}

/** A class, because an object with functions of its own takes several times the memory. */
class SocketPeer implements Peer, HeartbeatTarget {
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #options: PeerOptions;
  #isClosed = false;
  /** An array is enough for so few listeners. An `AbortSignal` would take a kilobyte. */
  readonly #closeListeners: (() => void)[] = [];
  /** Below every limit until the first message, so that no heartbeat comes before it. */
  checksSinceMessage = Number.NEGATIVE_INFINITY;

  constructor(socket: WebSocket, options: PeerOptions) {
    this.#socket = socket;
    this.#stream = options.stream;
    this.#options = options;
    // The listener of `@fastify/websocket` would keep the upgrade request in memory.
    socket.removeAllListeners('error');
    socket.on('error', (error: NodeJS.ErrnoException) => this.#reportError(error));
    socket.on('close', () => this.#end());
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    keepAlive(socket, options.stream, options.limits);
    if (options.heartbeats) this.onClose(options.heartbeats.add(this));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  onClose(listener: () => void): () => void {
    this.#closeListeners.push(listener);
    return () => {
      const index = this.#closeListeners.indexOf(listener);
      if (index >= 0) this.#closeListeners.splice(index, 1);
    };
  }

  get bufferedBytes(): number {
    return this.#stream.writableLength;
  }

  send(message: string): void {
    this.sendFrames(frameText(message));
  }

  sendFrames(frames: Buffer): void {
    if (this.#socket.readyState !== WebSocket.OPEN || frames.length === 0) return;
    this.#stream.write(frames);
    this.checksSinceMessage = 0;
  }

  sendHeartbeat(frame: Buffer): void {
    if (this.bufferedBytes === 0) this.sendFrames(frame);
  }

  drained(stallMs: number): Promise<boolean> {
    return drained(this.#stream, stallMs);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(name: CloseCodeName, detail?: string): void {
    const socket = this.#socket;
    const stream = this.#stream;
    if (socket.readyState !== WebSocket.OPEN) return;
    this.#reportClose(name, detail);
    socket.resume();
    socket.close(closeCodes[name].code, truncate(detail ?? closeCodes[name].meaning));
    const timer = setTimeout(() => stream.resetAndDestroy(), this.#options.limits.closeTimeoutMs);
    stream.once('close', () => clearTimeout(timer));
    this.#end();
  }

  cut(name: CloseCodeName, detail?: string): void {
    this.close(name, detail);
    this.#stream.destroySoon();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isClosed) return;
    if (isBinary) return this.close('invalid', 'expected a text message, got a binary one');
    try {
      this.#options.onMessage(String(data), this)?.catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #end(): void {
    this.#isClosed = true;
    for (const listener of this.#closeListeners.splice(0)) listener();
  }

  #fail(error: unknown): void {
    const { log, address } = this.#options;
    log.error({ address, err: error }, 'a message could not be handled');
    this.close('internal');
  }

  /** Reports an invalid frame, after which ws itself closes the connection. Other errors are of TCP. */
  #reportError({ code = '' }: NodeJS.ErrnoException): void {
    if (!code.startsWith('WS_ERR_') || this.#isClosed) return;
    this.#reportClose(frameErrors[code] ?? 'protocolError');
    this.#end();
  }

  #reportClose(close: CloseCodeName, detail?: string): void {
    const { log, address, onClosed } = this.#options;
    const level = suspiciousCloses.has(close) ? 'warn' : 'info';
    log[level]({ address, close, detail }, 'connection closed by the gateway');
    onClosed?.(close);
  }
}

/** Shortens a reason to the bytes that fit, without splitting a character. */
function truncate(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= maxReasonBytes) return reason;
  return `${bytes
    .subarray(0, maxReasonBytes - 4)
    .toString()
    .replace(/\uFFFD$/, '')}…`;
}
