import { type CloseCodeName, closeCodeName, isRetryableCloseCode } from '../protocol/close-codes.ts';
import { formatIssues } from '../protocol/codec.ts';
import { type CommandName, type EventType, liveSubprotocol } from '../protocol/constants.ts';
import type { Command, CommandData, CommandResult } from '../schemas/commands.ts';
import type { LiveDecoder } from '../schemas/decode-live.ts';
import type { MonitorEvent } from '../schemas/events.ts';
import type {
  LiveControl,
  LiveHello,
  LiveStatus,
  RunAnnotated,
  StoreState,
} from '../schemas/live-messages.ts';
import { backoffMs } from './backoff.ts';
import { decodeTrusted } from './decode-trusted.ts';
import { commandFailure, newCommandId, PendingCommands } from './pending-commands.ts';

/** What the client needs of a WebSocket: the browser's own has it, and the one of the package `ws`. */
export interface WebSocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type WebSocketConstructor = new (url: string, protocols: string) => WebSocketLike;

/** Where the connection stands. `waiting` comes back by itself, `closed` does not. */
export type ConnectionState =
  | { name: 'connecting' }
  | { name: 'open' }
  | { name: 'waiting'; retryInMs: number; reason: string }
  | { name: 'closed'; reason: string; code: CloseCodeName | 'unknown' };

export interface LiveClientOptions {
  /** Address of the feed, for example `ws://localhost:5000/live`. */
  url: string;
  /** `latest` (the default) follows the newest run and each that begins later. */
  run?: string;
  /** Begin after this seq. */
  after?: number;
  /** Only these types of events. */
  types?: readonly EventType[];
  /** At most so many `batch` events a second as they come: the newest. */
  maxRate?: number;
  /** Every event, however far this client falls behind, instead of a gap: for archives. */
  complete?: boolean;
  /** The WebSocket to use: the global one unless said otherwise (Node before 22 has none: give `ws`). */
  WebSocket?: WebSocketConstructor;
  /** Reads each message of the feed. */
  decode?: LiveDecoder;
  /** A run begins or is resumed; when its id is another than before, forget what was drawn. */
  onHello?: (hello: LiveHello) => void;
  /** The next event: in the order of seq, none twice, whatever happened to the connection. */
  onEvent?: (event: MonitorEvent) => void;
  onLive?: (seq: number) => void;
  /** Batches that the gateway skipped because this client reads too slowly. */
  onGap?: (gap: { from: number; to: number }) => void;
  /** Events are not kept for now, so none come; or they are again. */
  onStore?: (store: StoreState) => void;
  /** Where a run stands, whichever: its status, its publisher, the number of viewers. */
  onStatus?: (status: LiveStatus) => void;
  /** How many trainers wait for a start. */
  onTrainers?: (waiting: number) => void;
  /** What is said about a run has changed. */
  onAnnotated?: (run: RunAnnotated) => void;
  /** A run was removed; the feed goes on with another, or is closed with `runDeleted`. */
  onRemoved?: (runId: string) => void;
  onState?: (state: ConnectionState) => void;
  /** A message that does not fit the protocol; it is left out and the feed goes on. */
  onInvalid?: (description: string) => void;
}

export interface CommandOptions {
  /** The run that is followed unless said otherwise. */
  runId?: string;
  /** The command token, where `hello` says that one is needed. */
  token?: string;
  /** That of a command whose answer never came: it is then done once, whatever happened to the first. */
  id?: string;
}

export interface LiveClient {
  /**
   * Asks a trainer for something. Always resolves: with its answer; with `command.not_connected` when nothing was
   * sent; with `command.timeout` when it is not known whether it was done. A command that is under way when the
   * connection is cut goes out again with the next one.
   */
  command<N extends CommandName>(
    name: N,
    data?: CommandData<N>,
    options?: CommandOptions,
  ): Promise<CommandResult>;
  /** While the client waits to connect again: tries at once. */
  retryNow(): void;
  /** Ends the connection for good. */
  close(): void;
}

/** How many silent heartbeats mean that the connection is dead. */
const missedHeartbeats = 2.5;
/** How long an answer to the upgrade may take. */
const connectTimeoutMs = 10_000;

/** Follows the live feed, reconnecting with backoff and resuming where it was. */
export function connectLive(options: LiveClientOptions): LiveClient {
  const WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (!WebSocket)
    throw new TypeError('expected a WebSocket: this runtime has none, give one as options.WebSocket');

  const { decode = decodeTrusted } = options;
  let socket: WebSocketLike | undefined;
  let attempt = 0;
  let ended = false;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let silenceTimer: ReturnType<typeof setTimeout> | undefined;
  let silenceMs = connectTimeoutMs;
  let heardAt = 0;
  /** Whether this connection has said hello: from there on it takes commands. */
  let greeted = false;
  const pending = new PendingCommands();
  let runId: string | undefined;
  let lastSeq = options.after ?? 0;

  const address = (): string => {
    const run = options.run ?? 'latest';
    const query = new URLSearchParams({ run, bundle: 'true' });
    if (lastSeq > 0) query.set('after', String(lastSeq));
    if (run === 'latest' && runId && lastSeq > 0) query.set('afterRun', runId);
    if (options.types) query.set('types', options.types.join(','));
    if (options.maxRate !== undefined) query.set('maxRate', String(options.maxRate));
    if (options.complete) query.set('complete', 'true');
    return `${options.url}?${query}`;
  };

  const receiveControl = (message: LiveControl): void => {
    switch (message.type) {
      case 'hello':
        attempt = 0;
        if (!greeted) pending.resend(send);
        greeted = true;
        allowSilence(message.heartbeatMs * missedHeartbeats);
        if (runId && message.run?.runId !== runId) lastSeq = 0;
        runId = message.run?.runId;
        options.onHello?.(message);
        break;
      case 'live':
        lastSeq = Math.max(lastSeq, message.seq);
        options.onLive?.(message.seq);
        break;
      case 'gap':
        lastSeq = Math.max(lastSeq, message.to);
        options.onGap?.(message);
        break;
      case 'store':
        options.onStore?.(message);
        break;
      case 'status':
        options.onStatus?.(message);
        break;
      case 'trainers':
        options.onTrainers?.(message.waiting);
        break;
      case 'annotated':
        options.onAnnotated?.(message);
        break;
      case 'removed':
        if (message.runId === runId) lastSeq = 0;
        options.onRemoved?.(message.runId);
        break;
      case 'commandResult':
        pending.receive(message);
        break;
      case 'heartbeat':
        break;
    }
  };

  const receive = (text: string): void => {
    for (const result of decode(text)) {
      if (!result.ok) options.onInvalid?.(formatIssues(result.error.issues));
      else if ('v' in result.value) receiveEvent(result.value);
      else receiveControl(result.value);
    }
  };

  const receiveEvent = (message: MonitorEvent): void => {
    if (message.runId !== runId || message.seq <= lastSeq) return;
    lastSeq = message.seq;
    options.onEvent?.(message);
  };

  const allowSilence = (ms: number): void => {
    silenceMs = ms;
    clearTimeout(silenceTimer);
    watchSilence();
  };

  /** One timer that looks again when it may be time, instead of a new one for each message. */
  const watchSilence = (): void => {
    const remainingMs = heardAt + silenceMs - performance.now();
    if (remainingMs > 0) silenceTimer = setTimeout(watchSilence, remainingMs);
    else lose('no sign of life from the gateway');
  };

  const drop = (): void => {
    const dropped = socket;
    socket = undefined;
    greeted = false;
    clearTimeout(silenceTimer);
    if (!dropped) return;
    dropped.onopen = dropped.onmessage = dropped.onclose = null;
    dropped.onerror = () => {};
    dropped.close();
  };

  const end = (reason: string, code: CloseCodeName | 'unknown'): void => {
    if (ended) return;
    ended = true;
    clearTimeout(retryTimer);
    retryTimer = undefined;
    pending.failAll('the connection is closed for good');
    options.onState?.({ name: 'closed', reason, code });
  };

  const lose = (reason: string, closeCode?: number): void => {
    drop();
    if (closeCode !== undefined && !isRetryableCloseCode(closeCode)) {
      end(reason, closeCodeName(closeCode));
      return;
    }
    const retryInMs = backoffMs(attempt++);
    retryTimer = setTimeout(connect, retryInMs);
    options.onState?.({ name: 'waiting', retryInMs, reason });
  };

  const send = (text: string): void => socket?.send(text);

  const command = <N extends CommandName>(
    name: N,
    data?: CommandData<N>,
    { id = newCommandId(), token, runId: named }: CommandOptions = {},
  ): Promise<CommandResult> => {
    if (!greeted)
      return Promise.resolve(
        commandFailure(
          id,
          'command.not_connected',
          'there is no connection to the gateway: nothing was sent',
        ),
      );
    // The run is named here and not left to the gateway: after a reconnect another one may be followed.
    const about = named ?? (name === 'start' ? undefined : runId);
    const message = { type: 'command', id, command: name, data, token, runId: about } as Command;
    return pending.send(message, send);
  };

  const connect = (): void => {
    retryTimer = undefined;
    options.onState?.({ name: 'connecting' });
    socket = new WebSocket(address(), liveSubprotocol);
    socket.onopen = () => options.onState?.({ name: 'open' });
    socket.onmessage = (message: { data: unknown }) => {
      heardAt = performance.now();
      receive(String(message.data));
    };
    socket.onerror = () => {};
    socket.onclose = (event: { code: number; reason: string }) => {
      const why = event.reason || (event.code === 1006 ? 'connection lost' : closeCodeName(event.code));
      lose(why, event.code);
    };
    heardAt = performance.now();
    allowSilence(connectTimeoutMs);
  };

  connect();
  return {
    command,
    retryNow() {
      if (retryTimer === undefined) return;
      clearTimeout(retryTimer);
      connect();
    },
    close() {
      drop();
      end('closed by this client', 'normal');
    },
  };
}
