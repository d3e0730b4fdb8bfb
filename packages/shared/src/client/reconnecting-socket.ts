import {
  type CloseCodeName,
  closeCodeName,
  closeCodes,
  isRetryableCloseCode,
} from '../protocol/close-codes.ts';
import { type BackoffOptions, backoffDefaults, backoffMs } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';

/** The part of the WebSocket interface in use: browsers, Node.js and the package `ws` all provide it. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
  /** Destroys the connection without a closing handshake; `ws` has it, browsers do not. */
  terminate?(): void;
}

/** Status of a connection. `waiting` changes to `connecting` by itself after `retryInMs`; `closed` is final. */
export type ConnectionState =
  | { name: 'connecting' }
  | { name: 'open' }
  | { name: 'waiting'; retryInMs: number; reason: string }
  | { name: 'closed'; reason: string; code: CloseCodeName | 'unknown' };

export interface ReconnectingSocketOptions<S extends WebSocketLike> {
  /** Creates the socket of one attempt, which connects at once. */
  createSocket(): S;
  /** The time that a new connection may be silent, until `allowSilence` sets another limit. */
  connectTimeoutMs: number;
  /** Delays between attempts; 0.5 s doubling up to 15 s by default, half of each at random. */
  backoff?: BackoffOptions | undefined;
  clock?: Clock | undefined;
  /** Close codes to retry after, in addition to those with `retry: true` in `closeCodes`. */
  retryCodes?: readonly CloseCodeName[] | undefined;
  /** Returns a number from 0 to 1 for the jitter of the delays; `Math.random` by default. */
  random?: (() => number) | undefined;
  onState(state: ConnectionState): void;
  onMessage(text: string): void;
}

/** The value of `readyState` of an open WebSocket. */
const openState = 1;

/**
 * A WebSocket that connects again after a loss, with growing delays, until it is closed or the server closes it with a
 * code that forbids a retry. A connection that is silent for too long counts as lost.
 */
export class ReconnectingSocket<S extends WebSocketLike> {
  readonly #options: ReconnectingSocketOptions<S>;
  readonly #clock: Clock;
  #state: ConnectionState = { name: 'connecting' };
  #socket: S | undefined;
  /** Number of failed attempts and lost connections since the last `resetBackoff`. */
  #attempts = 0;
  #retryTimer: unknown;
  #silenceTimer: unknown;
  #silenceLimitMs = 0;
  /** The time of the last message or `markAlive`. */
  #lastAliveAt = 0;

  constructor(options: ReconnectingSocketOptions<S>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** The socket of the current attempt; undefined while waiting and once closed. */
  get socket(): S | undefined {
    return this.#socket;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === openState;
  }

  /**
   * Starts an attempt to connect. Call it once; later attempts follow by themselves. Throws what `createSocket` throws, such as
   * a SyntaxError for an invalid address.
   */
  connect(): void {
    this.#retryTimer = undefined;
    this.#setState({ name: 'connecting' });
    if (this.#isClosed) return; // `onState` may have called `close`.
    const socket = this.#options.createSocket();
    this.#socket = socket;
    socket.onopen = () => this.#setState({ name: 'open' });
    socket.onmessage = ({ data }: { data: unknown }) => {
      this.markAlive();
      this.#options.onMessage(String(data));
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      this.#lose(reason || (code === 1006 ? 'connection lost' : closeCodeName(code)), code);
    socket.onerror = () => {}; // A close event follows with all details.
    this.markAlive();
    this.allowSilence(this.#options.connectTimeoutMs);
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** Resets the delay to the shortest. Call it when the server has accepted the connection. */
  resetBackoff(): void {
    this.#attempts = 0;
  }

  /** Sets how long this connection may be silent before it counts as lost, in milliseconds. */
  allowSilence(limitMs: number): void {
    this.#silenceLimitMs = limitMs;
    this.#clock.clearTimeout(this.#silenceTimer);
    this.#watchSilence();
  }

  /** Records that the server is alive, for signs that are no message, such as a ping. */
  markAlive(): void {
    this.#lastAliveAt = this.#clock.now();
  }

  /** Drops the connection and connects again after the usual delay. */
  reconnect(reason: string): void {
    if (this.#socket) this.#lose(reason);
  }

  /** Connects at once in the state `waiting`; does nothing in any other state. */
  retryNow(): void {
    if (this.#retryTimer === undefined) return;
    this.#clock.clearTimeout(this.#retryTimer);
    this.connect();
  }

  /** Closes the connection for good. */
  close(reason: string, code: CloseCodeName = 'normal'): void {
    this.#drop(closeCodes[code].code);
    this.#end(reason, code);
  }

  get #isClosed(): boolean {
    return this.#state.name === 'closed';
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }

  /**
   * Ends a connection that has been silent for too long. One timer checks again when the limit may be reached, instead of a
   * new timer for each message.
   */
  #watchSilence(): void {
    const remainingMs = this.#lastAliveAt + this.#silenceLimitMs - this.#clock.now();
    if (remainingMs > 0) this.#silenceTimer = this.#clock.setTimeout(() => this.#watchSilence(), remainingMs);
    else this.#lose('no sign of life from the gateway');
  }

  #lose(reason: string, code?: number): void {
    this.#drop();
    const { backoff = backoffDefaults, random, retryCodes = [] } = this.#options;
    const isFinal = code !== undefined && !isRetryableCloseCode(code);
    if (isFinal && !retryCodes.some((name) => closeCodes[name].code === code)) {
      this.#end(reason, closeCodeName(code));
      return;
    }
    const retryInMs = backoffMs(this.#attempts++, backoff, random);
    this.#retryTimer = this.#clock.setTimeout(() => this.connect(), retryInMs);
    this.#setState({ name: 'waiting', retryInMs, reason });
  }

  #end(reason: string, code: CloseCodeName | 'unknown'): void {
    if (this.#isClosed) return;
    this.#clock.clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#setState({ name: 'closed', reason, code });
  }

  /** Drops the socket. Its handlers are removed first, so that none of its later events is handled. */
  #drop(code?: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#clock.clearTimeout(this.#silenceTimer);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => {};
    if (code !== undefined && socket.readyState === openState) socket.close(code);
    else if (socket.terminate) socket.terminate();
    else socket.close();
  }
}
