import { MonitorError, type RunChanges } from '@mnist-monitor/shared';
import type { BusListener, ClusterBus } from '../../packages/gateway/dist/src/cluster/bus.js';
import { busMessage, type GatewayMessage } from '../../packages/gateway/dist/src/cluster/messages.js';
import type {
  EventPage,
  EventPageOptions,
  NewEvent,
  RunListEntry,
  RunListOptions,
  Store,
  StoredSummary,
  StreamPosition,
} from '../../packages/gateway/dist/src/store/store.js';
import { MemoryStore } from '../../packages/gateway/dist/test/support/memory-store.js';
import { databaseHost, type Network } from './network.ts';
import type { Random } from './random.ts';
import { outside, type Scheduler, type SimProcess } from './scheduler.ts';

/** `sqlite` runs in the process of its gateway; `redis` is a server of its own that several gateways share. */
export type DatabaseKind = 'sqlite' | 'redis';

/** How operations fail: not executed, executed with an unknown outcome, or refused because the disk is full. */
export type FailureMode = 'before' | 'after' | 'full' | 'readOnly';

export interface DatabaseOptions {
  kind: DatabaseKind;
  scheduler: Scheduler;
  random: Random;
  network: Network;
  operationMs: number;
  onAppended(runId: string, events: readonly NewEvent[]): void;
  onRemoved(runId: string): void;
}

/** The time after which an operation without an answer fails, as with Redis. */
const answerTimeoutMs = 5_000;

/** The durable state of all runs, and its faults. It survives the processes that use it. */
export class Database {
  readonly store = new MemoryStore();
  readonly options: DatabaseOptions;
  /** The gateways that receive announcements, by their ids. */
  readonly subscribers = new Map<string, (text: string) => void>();
  slowness = 1;
  stalledUntil = 0;
  failure: { mode: FailureMode; until: number } | undefined;

  constructor(options: DatabaseOptions) {
    this.options = options;
  }

  get isFailing(): boolean {
    return this.failure !== undefined && this.failure.until > this.options.scheduler.now;
  }

  heal(): void {
    this.slowness = 1;
    this.stalledUntil = 0;
    this.failure = undefined;
  }

  /** Sends an announcement to every gateway that is subscribed. */
  announce(message: GatewayMessage, from: string): void {
    const text = JSON.stringify({ ...message, from });
    for (const [gatewayId, receive] of this.subscribers) if (gatewayId !== from) receive(text);
  }
}

interface Operation<T> {
  kind: 'write' | 'read' | 'check';
  /** Whether the operation frees space, and so works on a full disk. */
  frees?: boolean;
  execute(): Promise<T>;
}

/** The store as one gateway uses it: each operation takes time and may fail. */
export class StoreClient implements Store {
  readonly #database: Database;
  readonly #gateway: SimProcess;
  readonly #gatewayId: string;
  /** When the last operation of each lane is executed: writes and reads each keep their order. */
  readonly #freeAt = { write: 0, read: 0 };
  /** When the last answer of each lane arrives: answers keep the order, too. */
  readonly #answeredAt = { write: 0, read: 0 };

  constructor(database: Database, gateway: SimProcess, gatewayId: string) {
    this.#database = database;
    this.#gateway = gateway;
    this.#gatewayId = gatewayId;
  }

  append(runId: string, events: readonly NewEvent[], stream?: string): Promise<number> {
    const { store, options } = this.#database;
    return this.#run({
      kind: 'write',
      execute: async () => {
        const before = store.eventsOf(runId).length;
        const last = await store.append(runId, events, stream);
        const fresh = events.filter(({ seq }) => seq > before);
        if (fresh.length > 0) {
          options.onAppended(runId, fresh);
          const types = [...new Set(fresh.map(({ type }) => type))];
          this.#announce({ type: 'appended', runId, first: fresh[0]!.seq, last, types });
        }
        return last;
      },
    });
  }

  lastSeq(runId: string): Promise<number> {
    return this.#read((store) => store.lastSeq(runId));
  }

  position(runId: string): Promise<StreamPosition | undefined> {
    return this.#read((store) => store.position(runId));
  }

  renewStream(runId: string, stream: string): Promise<boolean> {
    return this.#change((store) => store.renewStream(runId, stream), { type: 'renewed', runId });
  }

  page(runId: string, options: EventPageOptions): Promise<EventPage> {
    return this.#read((store) => store.page(runId, options));
  }

  summary(runId: string): Promise<StoredSummary | undefined> {
    return this.#read((store) => store.summary(runId));
  }

  runs(options: RunListOptions): Promise<RunListEntry[]> {
    return this.#read((store) => store.runs(options));
  }

  annotate(runId: string, changes: RunChanges): Promise<boolean> {
    return this.#change((store) => store.annotate(runId, changes), { type: 'annotated', runId });
  }

  remove(runId: string): Promise<boolean> {
    const remove = async (store: MemoryStore): Promise<boolean> => {
      const isRemoved = await store.remove(runId);
      if (isRemoved) this.#database.options.onRemoved(runId);
      return isRemoved;
    };
    return this.#change(remove, { type: 'removed', runId }, true);
  }

  check(): Promise<void> {
    return this.#run({ kind: 'check', execute: async () => {} });
  }

  close(): Promise<void> {
    return this.#run({ kind: 'read', execute: async () => {} }).catch(() => {});
  }

  #read<T>(read: (store: MemoryStore) => Promise<T>): Promise<T> {
    return this.#run({ kind: 'read', execute: () => read(this.#database.store) });
  }

  #change(
    change: (store: MemoryStore) => Promise<boolean>,
    announcement: GatewayMessage,
    frees = false,
  ): Promise<boolean> {
    return this.#run({
      ...{ kind: 'write', frees },
      execute: async () => {
        const isChanged = await change(this.#database.store);
        if (isChanged) this.#announce(announcement);
        return isChanged;
      },
    });
  }

  #announce(message: GatewayMessage): void {
    if (this.#database.options.kind === 'redis') this.#database.announce(message, this.#gatewayId);
  }

  #run<T>(operation: Operation<T>): Promise<T> {
    const { scheduler, random, kind } = this.#database.options;
    const isRemote = kind === 'redis';
    const lane = isRemote || operation.kind !== 'read' ? 'write' : 'read';
    return new Promise((resolve, reject) => {
      const executeAt = Math.max(this.#freeAt[lane], scheduler.now + this.#operationMs());
      this.#freeAt[lane] = executeAt;
      let isAnswered = false;
      const answerAt = (at: number, settle: () => void): void => {
        const settleOnce = (): void => {
          if (isAnswered) return;
          isAnswered = true;
          settle();
        };
        scheduler.scheduleAt(at, settleOnce, this.#gateway);
      };
      const execute = (): void => {
        const wait = this.#waitMs(isRemote);
        if (wait > 0) {
          this.#freeAt[lane] = Math.max(this.#freeAt[lane], scheduler.now + wait);
          scheduler.schedule(wait, execute, isRemote ? outside : this.#gateway);
          return;
        }
        // What is durable is unknown to its gateway for as long.
        const travelMs = random.between(0, this.#database.options.operationMs) * this.#database.slowness;
        const at = Math.max(this.#answeredAt[lane], scheduler.now + travelMs);
        this.#answeredAt[lane] = at;
        this.#execute(operation).then(
          (value) => answerAt(at, () => resolve(value)),
          (error) => answerAt(at, () => reject(error)),
        );
      };
      // A request to a server arrives although the process that sent it is killed.
      scheduler.schedule(executeAt - scheduler.now, execute, isRemote ? outside : this.#gateway);
      if (isRemote)
        answerAt(scheduler.now + answerTimeoutMs, () =>
          reject(new MonitorError('store.failing', 'no answer in time')),
        );
    });
  }

  #operationMs(): number {
    const { random, operationMs } = this.#database.options;
    return random.between(0.05, operationMs) * this.#database.slowness;
  }

  /** How long an operation waits: for a stalled disk, or until the server can be reached. */
  #waitMs(isRemote: boolean): number {
    const { scheduler, network } = this.#database.options;
    const blockedUntil = isRemote ? network.blockedUntil(this.#gateway.host, databaseHost) : undefined;
    return Math.max(this.#database.stalledUntil, blockedUntil ?? 0) - scheduler.now;
  }

  async #execute<T>({ kind, frees, execute }: Operation<T>): Promise<T> {
    const database = this.#database;
    const mode = database.isFailing ? database.failure!.mode : undefined;
    if (mode === undefined) return execute();
    if (mode === 'full' || mode === 'readOnly') {
      const fails = kind !== 'read' && !(mode === 'full' && frees);
      if (fails) throw new MonitorError(mode === 'full' ? 'store.full' : 'store.read_only', mode);
      return execute();
    }
    if (mode === 'after' && kind === 'write') await execute();
    throw new MonitorError('store.failing', 'the disk has failed');
  }
}

/** The bus between the gateways of one database, which loses messages while a gateway cannot reach it. */
export class SimBus implements ClusterBus {
  readonly gatewayId: string;
  readonly #database: Database;
  readonly #gateway: SimProcess;
  #listener: BusListener | undefined;
  #isConnected = true;

  constructor(database: Database, gateway: SimProcess, gatewayId: string) {
    this.gatewayId = gatewayId;
    this.#database = database;
    this.#gateway = gateway;
    database.subscribers.set(gatewayId, (text) => this.#receive(text));
  }

  send(message: GatewayMessage): void {
    const { scheduler, operationMs } = this.#database.options;
    // Each message is validated by its receiver, so that a message that is not valid is noticed.
    const copy = JSON.parse(JSON.stringify(message)) as GatewayMessage;
    const forward = (): void => {
      if (!this.#isBlocked()) this.#database.announce(copy, this.gatewayId);
    };
    scheduler.schedule(operationMs / 2, forward, outside);
  }

  listen(listener: BusListener): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.#database.subscribers.delete(this.gatewayId);
  }

  /** Interrupts the connection to the database for a time in which messages are lost. */
  interrupt(forMs: number): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    const { scheduler } = this.#database.options;
    const reconnect = (): void => {
      if (this.#isBlocked()) {
        scheduler.schedule(500, reconnect, this.#gateway);
        return;
      }
      this.#isConnected = true;
      this.#listener?.onReconnect();
    };
    scheduler.schedule(forMs, reconnect, this.#gateway);
  }

  #isBlocked(): boolean {
    return this.#database.options.network.blockedUntil(this.#gateway.host, databaseHost) !== undefined;
  }

  #receive(text: string): void {
    if (!this.#gateway.isAlive) return;
    if (!this.#isConnected || this.#isBlocked()) {
      this.interrupt(500);
      return;
    }
    const { scheduler, operationMs } = this.#database.options;
    const deliver = (): void => {
      const { from, ...message } = busMessage.parse(JSON.parse(text));
      if (this.#isConnected) this.#listener?.onMessage(message as GatewayMessage, from);
    };
    scheduler.schedule(operationMs / 2, deliver, this.#gateway);
  }
}
