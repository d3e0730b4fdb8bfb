import type { Socket } from 'node:net';
import { type CloseCodeName, closeCodes } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import { type RawData, WebSocket } from 'ws';
import type { Limits } from '../limits.ts';
import { frameText } from './frames.ts';
import type { Heartbeats, HeartbeatTarget } from './heartbeats.ts';
import type { KeepAlive, KeepAliveTarget } from './keep-alive.ts';
import type { Peer } from './peer.ts';
import { drained, sentBytes } from './sent-bytes.ts';

/** The context that all peers of an endpoint share. It is not copied for each: that would take more memory than the rest of a peer. */
export interface PeerContext {
  log: Pick<FastifyBaseLogger, 'error' | 'info' | 'warn'>;
  limits: Pick<Limits, 'closeTimeoutMs'>;
  keepAlive: KeepAlive;
  /** Sends heartbeats to the clients, unless they have unread messages. */
  heartbeats?: Heartbeats;
  /** Called with the name of the code with which this side closed a connection. */
  onClosed?: (name: CloseCodeName) => void;
}

export interface PeerOptions {
  /** The TCP connection below the WebSocket. */
  stream: Socket;
  /** The address of the client, for the log. */
  address: string;
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

/** The peer of a WebSocket, for the listeners below: with `this`, one function is enough for the sockets of all peers. */
const peerOf = Symbol('peer');

type PeerSocket = WebSocket & { [peerOf]: SocketPeer };

function reportError(this: WebSocket, error: NodeJS.ErrnoException): void {
  (this as PeerSocket)[peerOf].reportError(error);
}

function end(this: WebSocket): void {
  (this as PeerSocket)[peerOf].end();
}

function receive(this: WebSocket, data: RawData, isBinary: boolean): void {
  (this as PeerSocket)[peerOf].receive(data, isBinary);
}

function acceptPong(this: WebSocket): void {
  (this as PeerSocket)[peerOf].sentAtPing = undefined;
}

/**
 * Wraps an open WebSocket as a peer. All listeners of sockets are added here: an exception in a listener added elsewhere
 * would end the process.
 */
export function createPeer(socket: WebSocket, options: PeerOptions, context: PeerContext): Peer {
  return new SocketPeer(socket, options, context);
}

/** A class, because an object with functions of its own takes several times the memory. */
class SocketPeer implements Peer, HeartbeatTarget, KeepAliveTarget {
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly address: string;
  readonly #onMessage: PeerOptions['onMessage'];
  readonly #context: PeerContext;
  #isClosed = false;
  /** An array is enough for so few listeners. An `AbortSignal` would take a kilobyte. */
  #closeListeners: readonly (() => void)[] = [];
  /** Below every limit until the first message, so that no heartbeat comes before it. */
  checksSinceMessage = Number.NEGATIVE_INFINITY;
  checksSincePing = 0;
  sentAtPing: number | undefined = undefined;

  constructor(socket: WebSocket, { stream, address, onMessage }: PeerOptions, context: PeerContext) {
    this.#socket = socket;
    this.#stream = stream;
    this.address = address;
    this.#onMessage = onMessage;
    this.#context = context;
    (socket as PeerSocket)[peerOf] = this;
    // The listener of `@fastify/websocket` would keep the upgrade request in memory.
    socket.removeAllListeners('error');
    socket.on('error', reportError);
    socket.on('close', end);
    socket.on('message', receive);
    socket.on('pong', acceptPong);
    context.keepAlive.add(this);
    context.heartbeats?.add(this);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  onClose(listener: () => void): () => void {
    // `push` would reserve room for 16 more.
    this.#closeListeners = this.#closeListeners.concat(listener);
    return () => {
      this.#closeListeners = this.#closeListeners.filter((other) => other !== listener);
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

  get sentBytes(): number {
    return sentBytes(this.#stream);
  }

  get hasUnsentBytes(): boolean {
    return this.#stream.writableLength > 0;
  }

  get isPaused(): boolean {
    return this.#socket.isPaused;
  }

  sendPing(): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  reset(): void {
    this.#stream.resetAndDestroy();
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
    this.#reportClose(name);
    socket.resume();
    socket.close(closeCodes[name].code, truncate(detail ?? closeCodes[name].meaning));
    const timer = setTimeout(() => stream.resetAndDestroy(), this.#context.limits.closeTimeoutMs);
    stream.once('close', () => clearTimeout(timer));
    this.end();
  }

  cut(name: CloseCodeName, detail?: string): void {
    this.close(name, detail);
    this.#stream.destroySoon();
  }

  receive(data: RawData, isBinary: boolean): void {
    this.sentAtPing = undefined;
    if (this.#isClosed) return;
    if (isBinary) return this.close('invalid', 'expected a text message, got a binary one');
    try {
      this.#onMessage(String(data), this)?.catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  end(): void {
    this.#isClosed = true;
    this.#context.keepAlive.remove(this);
    this.#context.heartbeats?.remove(this);
    const listeners = this.#closeListeners;
    this.#closeListeners = [];
    for (const listener of listeners) listener();
  }

  #fail(error: unknown): void {
    this.#context.log.error({ address: this.address, err: error }, 'a message could not be handled');
    this.close('internal');
  }

  /** Reports an invalid frame, after which ws itself closes the connection. Other errors are of TCP. */
  reportError({ code = '' }: NodeJS.ErrnoException): void {
    if (!code.startsWith('WS_ERR_') || this.#isClosed) return;
    this.#reportClose(frameErrors[code] ?? 'protocolError');
    this.end();
  }

  /** Logs and counts a close, without its reason: that may quote what the client has sent, a token for example. */
  #reportClose(close: CloseCodeName): void {
    const { log, onClosed } = this.#context;
    const level = suspiciousCloses.has(close) ? 'warn' : 'info';
    log[level]({ address: this.address, close }, 'connection closed by the gateway');
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
