import type { CommandResult } from '@mnist-monitor/shared';
import type { NewEvent } from '../../packages/gateway/dist/src/store/store.js';
import type { MemoryStore } from '../../packages/gateway/dist/test/support/memory-store.js';
import type { Connection, NetworkObserver } from './network.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';
import type { TrainerObserver } from './trainer-process.ts';

/** The violation of a promise, which ends the simulation. */
export interface Violation {
  /** The invariant, with the rules of docs/protocol.md that it holds. */
  rule: string;
  message: string;
}

export interface OracleOptions {
  scheduler: Scheduler;
  trace: Trace;
  store: () => MemoryStore;
  /** Whether both ends of a connection are open, and all gateways know of it. */
  isConnected(connection: Connection): boolean;
  limits: { unreadBytes: number; unreadBroadcastBytes: number; uncommittedBytes: number };
  /** The most bytes that a read of a socket returns. */
  readBytes: number;
  /** The kinds of faults that the plan has: some of them limit what is promised. */
  faults: ReadonlySet<string>;
}

/** The messages seen on a connection to `/live`. */
interface LiveConnection {
  query: URLSearchParams;
  runId: string | undefined;
  stream: string | undefined;
  seq: number;
  hasHello: boolean;
}

/** The messages seen on a connection to `/ingest`. */
interface IngestConnection {
  runId: string | undefined;
  publisherId: string;
  /** The stream that `resume` has named; undefined before it. */
  stream: string | undefined;
  sent: number;
  /** The bytes of the connection up to each event that is not durable yet, by seq. */
  readonly unsettled: Map<number, number>;
  /** The bytes of the connection up to the last durable event. */
  settledBytes: number;
  /** When the connection sent its hello. */
  at: number;
}

interface Message {
  type: string;
  v?: number;
  seq?: number;
  [field: string]: unknown;
}

/** A command of a viewer, with its results and effects. */
export interface CommandRecord {
  id: string;
  command: string;
  runId: string | undefined;
  /** Whether the command was sent a second time. */
  repeats: boolean;
  /** When a viewer sent the command last; its client repeats it after reconnections. */
  sentAt: number;
  /** Number of answers that are still expected. */
  pending: number;
  results: CommandResult[];
  effects: { runId: string | undefined; publisherId: string }[];
}

/** The buffers of a stream and of `ws`, beside one read of the system in each. */
const streamBytes = 16 * 1024;
/** The largest event of the simulated runs, a list of samples, which may exceed each limit. */
const eventBytes = 16 * 1024;
/** The most that the gateway sends to a viewer in one write, beside larger events. */
const batchBytes = 64 * 1024;
/**
 * The time after which a command has no effect any more: a client repeats it for 15 s, then the gateway sends it to a trainer that
 * reconnects for another 10 s, and 5 s are for the network.
 */
const commandExpiryMs = 30_000;
/** Faults after which gateways may not know of each other's commands. */
const memoryFaults = ['end gateway', 'partition', 'interrupt bus', 'lose events'];

/** Checks the promises of the protocol at every message that a program sends, and at the end. */
export class Oracle implements NetworkObserver, TrainerObserver {
  violation: Violation | undefined;
  /** The texts of the events that trainers have logged, by run. */
  readonly logs = new Map<string, string[]>();
  readonly commands = new Map<string, CommandRecord>();
  /** The runs whose trainers were refused, with the reason. */
  readonly refusals = new Map<string, string>();
  readonly finished = new Set<string>();
  /** Runs that the database lost events of after it had stored everything that their trainers will ever send. */
  readonly lostAfterEnd = new Set<string>();
  /** Runs of which the database has lost events that it had acknowledged. */
  readonly lostRuns = new Set<string>();
  readonly removedRuns = new Set<string>();
  readonly stats = { events: 0, shown: 0, acks: 0, gaps: 0, connections: 0, commands: 0, effects: 0 };
  readonly #options: OracleOptions;
  /** Every text that was durable under a seq, by run. */
  readonly #durable = new Map<string, Map<number, Set<string>>>();
  /** The highest durable seq of each stream. */
  readonly #highest = new Map<string, number>();
  readonly #live = new WeakMap<Connection, LiveConnection>();
  readonly #ingest = new WeakMap<Connection, IngestConnection>();
  /** The connection over which each run was published last. */
  readonly #publishers = new Map<string, Connection>();

  constructor(options: OracleOptions) {
    this.#options = options;
  }

  fail(rule: string, message: string): void {
    this.violation ??= { rule, message };
    this.#options.trace.add(`VIOLATION ${rule}: ${message}`);
  }

  trace(text: string): void {
    const { scheduler, trace } = this.#options;
    trace.add(`${scheduler.now.toFixed(3)} ${text}`);
  }

  onAppended(runId: string, events: readonly NewEvent[]): void {
    const store = this.#options.store();
    this.trace(`durable ${runId} ${events[0]!.seq}–${events.at(-1)!.seq}`);
    let texts = this.#durable.get(runId);
    if (!texts) {
      texts = new Map();
      this.#durable.set(runId, texts);
    }
    for (const { seq, json } of events) {
      const known = texts.get(seq);
      if (known) known.add(json);
      else texts.set(seq, new Set([json]));
    }
    const last = events.at(-1)!.seq;
    this.#settle(runId, last);
    this.#highest.set(store.streamOf(runId), last);
    this.stats.events += events.length;
  }

  /** Notes that the events of a run up to `last` wait for the disk no more. */
  #settle(runId: string, last: number): void {
    const connection = this.#publishers.get(runId);
    const state = connection && this.#ingest.get(connection);
    if (!state) return;
    for (const [seq, bytes] of state.unsettled) {
      if (seq > last) continue;
      state.settledBytes = Math.max(state.settledBytes, bytes);
      state.unsettled.delete(seq);
    }
  }

  /** Checks how much a gateway has read from a publisher and not stored. */
  onRead(connection: Connection): void {
    const state = this.#ingest.get(connection);
    if (!state || connection.isClosing || connection.server.process.isClosing) return;
    const { limits, readBytes } = this.#options;
    const backlog = connection.server.bytesRead - state.settledBytes;
    const bound = limits.uncommittedBytes + 2 * (streamBytes + readBytes) + eventBytes;
    if (backlog > bound)
      this.fail('bounds (P-248)', `${backlog} bytes of ${state.runId} wait for the disk, more than ${bound}`);
  }

  onRemoved(runId: string): void {
    this.trace(`removed ${runId}`);
    const connection = this.#publishers.get(runId);
    const state = connection && this.#ingest.get(connection);
    if (
      connection &&
      state &&
      this.#options.isConnected(connection) &&
      this.#options.scheduler.now - state.at > 5_000
    )
      this.fail('removal', `${runId} is removed while its publisher is connected`);
    this.removedRuns.add(runId);
  }

  /**
   * Notes that the database is about to lose the last of the `stored` events of a run. A gateway that reads the run at this moment may
   * name the last of them in `resume`, also in a stream that has got no event since an earlier loss. If these were all, the last `ack` is under way or has arrived,
   * after which the trainer closes the run: nothing promises that it learns of the loss.
   */
  onLost(runId: string, stored: number): void {
    this.lostRuns.add(runId);
    const stream = this.#options.store().streamOf(runId);
    this.#highest.set(stream, Math.max(stored, this.#highest.get(stream) ?? 0));
    const log = this.logs.get(runId) ?? [];
    const isComplete = stored === log.length && log.at(-1)?.includes('"type":"run.finished"');
    if (this.finished.has(runId) || isComplete) this.lostAfterEnd.add(runId);
  }

  onWrite({ id, server, port }: Connection): void {
    if (port % 1_000 !== 0) return;
    const { unreadBytes, unreadBroadcastBytes } = this.#options.limits;
    const bound = 2 * unreadBytes + unreadBroadcastBytes + batchBytes + eventBytes;
    if (server.writableLength > bound)
      this.fail(
        'bounds (P-105)',
        `connection ${id} has ${server.writableLength} bytes unread, more than ${bound}`,
      );
  }

  onMessage(
    connection: Connection,
    from: 'client' | 'server',
    { text, end }: { text: string; end: number },
  ): void {
    const isLive = connection.port % 1_000 === 0;
    const summary = text.length > 160 ? `${text.slice(0, 160)}… ${text.length}` : text;
    this.trace(`#${connection.id} ${isLive ? 'live' : 'ingest'} ${from === 'server' ? '<' : '>'} ${summary}`);
    const message = JSON.parse(text) as Message;
    if (isLive && from === 'server') this.#checkLive(connection, message, text);
    else if (!isLive) this.#checkIngest(connection, from, { message, end });
  }

  #checkLive(connection: Connection, message: Message, text: string): void {
    const { id } = connection;
    let state = this.#live.get(connection);
    if (!state) {
      this.stats.connections++;
      state = { query: connection.query, runId: undefined, stream: undefined, seq: 0, hasHello: false };
      this.#live.set(connection, state);
    }
    if (!state.hasHello && message.type !== 'hello')
      return this.fail('first message (P-76)', `connection ${id} begins with ${message.type}`);
    if (message.v === 1 || message.type === 'events') this.#checkRoom(connection);
    if (message.v === 1) return this.#checkShown(connection, state, message, text);
    switch (message.type) {
      case 'hello': {
        const run = message.run as { runId: string; stream: string } | null;
        const isSame = state.hasHello && run?.runId === state.runId && run?.stream === state.stream;
        state.hasHello = true;
        const after = Number(message.after ?? 0);
        if (isSame && message.restart === undefined && after < state.seq)
          this.fail('repeated (P-77)', `connection ${id}: hello goes back from ${state.seq} to ${after}`);
        state.runId = run?.runId;
        state.stream = run?.stream;
        state.seq = after;
        break;
      }
      case 'events':
        for (const event of message.events as Message[])
          this.#checkShown(connection, state, event, JSON.stringify(event));
        break;
      case 'gap':
        this.#checkGap(connection, state, Number(message.from), Number(message.to));
        break;
      case 'live':
        if (this.#isFull(state) && Number(message.seq) !== state.seq)
          this.fail('live (P-79)', `connection ${id}: live ${message.seq} after seq ${state.seq}`);
        break;
    }
  }

  /** Checks that a viewer is not sent events, in a write of their own, with too many bytes unread. */
  #checkRoom({ id, server }: Connection): void {
    const { unreadBytes, unreadBroadcastBytes } = this.#options.limits;
    const bound = Math.max(unreadBytes, server.writableHighWaterMark) + unreadBroadcastBytes;
    if (server.writableLength > bound)
      this.fail(
        'bounds (P-105)',
        `connection ${id} is sent events with ${server.writableLength} bytes unread, more than ${bound}`,
      );
  }

  /** Returns whether a viewer gets every event: without a selection of types and without a limit of their rate. */
  #isFull({ query }: LiveConnection): boolean {
    return !query.has('types') && !query.has('maxRate');
  }

  #checkShown({ id }: Connection, state: LiveConnection, event: Message, text: string): void {
    const seq = Number(event.seq);
    const runId = String(event.runId);
    this.stats.shown++;
    if (!this.#durable.get(runId)?.get(seq)?.has(text))
      this.fail(
        'durable (P-21)',
        `connection ${id} shows ${runId} ${seq}, which is not durable: ${text.slice(0, 200)}`,
      );
    if (runId !== state.runId)
      this.fail('order (P-77)', `connection ${id} shows ${runId} ${seq} instead of ${state.runId}`);
    if (seq <= state.seq) this.fail('order (P-77)', `connection ${id} shows ${seq} after ${state.seq}`);
    else if (this.#isFull(state) && seq !== state.seq + 1)
      this.fail('order (P-77)', `connection ${id} shows ${seq} after ${state.seq} without a gap`);
    state.seq = seq;
  }

  #checkGap({ id }: Connection, state: LiveConnection, from: number, to: number): void {
    this.stats.gaps++;
    const runId = state.runId ?? '';
    if (from > to || from <= state.seq)
      return this.fail('gap (P-80)', `connection ${id}: gap ${from}–${to} after ${state.seq}`);
    if (this.#isFull(state) && from !== state.seq + 1)
      this.fail('gap (P-80)', `connection ${id}: gap ${from}–${to} after ${state.seq} leaves events out`);
    state.seq = to;
    if (this.lostRuns.has(runId) || this.removedRuns.has(runId)) return;
    const stored = this.#options.store().eventsOf(runId);
    const types = state.query.get('types')?.split(',');
    for (let seq = from; seq <= to; seq++) {
      const type = stored[seq - 1]?.type;
      if (type === 'batch' && state.query.get('complete') !== 'true') continue;
      if (types && type && !types.includes(type)) continue;
      return this.fail(
        'gap (P-70, P-80)',
        `connection ${id}: gap ${from}–${to} of ${runId} skips ${seq}, ${type}`,
      );
    }
  }

  #checkIngest(
    connection: Connection,
    from: 'client' | 'server',
    { message, end }: { message: Message; end: number },
  ): void {
    const { id } = connection;
    let state = this.#ingest.get(connection);
    if (!state) {
      this.stats.connections++;
      state = {
        runId: undefined,
        publisherId: '',
        stream: undefined,
        sent: 0,
        unsettled: new Map(),
        settledBytes: 0,
        at: Number.POSITIVE_INFINITY,
      };
      this.#ingest.set(connection, state);
    }
    const seq = Number(message.seq);
    if (from === 'client') {
      if (message.type === 'hello') {
        state.runId = String(message.runId);
        state.publisherId = String(message.publisherId);
        state.at = this.#options.scheduler.now;
        state.settledBytes = end;
      } else if (message.v === 1) {
        if (state.stream === undefined)
          this.fail('publish (P-19)', `connection ${id} sends ${seq} before resume`);
        else if (seq !== state.sent + 1)
          this.fail('publish (P-19)', `connection ${id} sends ${seq} after ${state.sent}`);
        state.sent = seq;
        state.unsettled.set(seq, end);
        this.#publishers.set(state.runId ?? '', connection);
      }
      return;
    }
    const store = this.#options.store();
    if (message.type === 'resume') {
      const after = Number(message.after);
      state.stream = String(message.stream);
      state.sent = after;
      if (after > 0 && !this.#isDurable(state.runId ?? '', after, state.stream))
        this.fail(
          'resume (P-15)',
          `connection ${id} resumes ${state.runId} after ${after}, of ${store.eventsOf(state.runId ?? '').length}`,
        );
    }
    if (message.type === 'ack') {
      this.stats.acks++;
      if (!this.#isDurable(state.runId ?? '', seq, state.stream ?? ''))
        this.fail(
          'acknowledged (P-21)',
          `connection ${id} acknowledges ${state.runId} ${seq}, which is not durable`,
        );
    }
  }

  #isDurable(runId: string, seq: number, stream: string): boolean {
    const store = this.#options.store();
    const now = store.streamOf(runId) === stream ? store.eventsOf(runId).length : 0;
    return seq <= Math.max(now, this.#highest.get(stream) ?? 0);
  }

  onEvent(runId: string, text: string): void {
    const log = this.logs.get(runId);
    if (log) log.push(text);
    else this.logs.set(runId, [text]);
  }

  onExecuted(effect: { by: string; command: string; runId: string | undefined; publisherId: string }): void {
    const { by, command, runId, publisherId } = effect;
    this.trace(`${publisherId} executes ${command} ${by} on ${runId}`);
    const record = this.commands.get(by);
    if (!record) return this.fail('command', `${command} ${by} was executed, but nobody gave it`);
    if (record.command !== command)
      this.fail('command', `${by} is ${record.command}, executed as ${command}`);
    if (record.effects.some((earlier) => earlier.publisherId === publisherId))
      this.fail('command once (P-147)', `${command} ${by} was executed twice by ${publisherId}`);
    if (record.runId !== undefined && runId !== undefined && command !== 'start' && record.runId !== runId)
      this.fail('command run (P-149)', `${command} ${by} for ${record.runId} was executed on ${runId}`);
    const { faults, scheduler } = this.#options;
    if (record.effects.length > 0 && !memoryFaults.some((fault) => faults.has(fault)))
      this.fail('command once (P-147)', `${command} ${by} was executed by ${publisherId} too`);
    const ageMs = scheduler.now - record.sentAt;
    if (ageMs > commandExpiryMs && !faults.has('partition') && command !== 'enqueue')
      this.fail(
        'command late (P-148)',
        `${command} ${by} was executed ${Math.round(ageMs / 1_000)} s after it was given`,
      );
    record.effects.push({ runId, publisherId });
    this.stats.effects++;
  }

  /** Checks the answers of all commands, when none can arrive any more. */
  checkCommands(): void {
    const hasRestarts = this.#options.faults.has('end gateway');
    for (const { id, command, pending, results, effects, repeats } of this.commands.values()) {
      if (pending > 0) this.fail('answer', `${command} ${id} has no answer`);
      const isObserved = !['enqueue', 'listQueue', 'moveQueued', 'cancelQueued'].includes(command);
      if (!isObserved) continue;
      if (results.some(({ ok }) => ok) && effects.length === 0)
        this.fail('answer', `${command} ${id} is confirmed and was not executed`);
      const isRefused = results.every((result) => !result.ok && result.code !== 'command.timeout');
      if (isRefused && effects.length > 0 && !hasRestarts && !repeats)
        this.fail('answer', `${command} ${id} is refused and was executed: ${JSON.stringify(results)}`);
    }
  }

  onRefused(runId: string, why: string): void {
    this.trace(`${runId} is refused: ${why}`);
    this.refusals.set(runId, why);
  }

  onFinished(runId: string, undelivered: number): void {
    this.trace(`${runId} is delivered but for ${undelivered}`);
    if (undelivered > 0) this.fail('delivery (P-19)', `${runId} ends with ${undelivered} undelivered events`);
    this.finished.add(runId);
  }

  onError(error: unknown): void {
    this.fail('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
