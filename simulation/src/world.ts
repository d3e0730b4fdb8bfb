import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { CommandName } from '@mnist-monitor/shared';
import { limits as standardLimits } from '../../packages/gateway/dist/src/limits.js';
import { Database } from './database.ts';
import { GatewayProcess } from './gateway-process.ts';
import { type Connection, Network } from './network.ts';
import { type CommandRecord, Oracle, type Violation } from './oracle.ts';
import type { Action, Plan, Program } from './plan.ts';
import { Random } from './random.ts';
import { real } from './real-time.ts';
import { outside, Scheduler } from './scheduler.ts';
import { Trace } from './trace.ts';
import { type RunPlan, TrainerProcess } from './trainer-process.ts';
import { type ShownStatus, ViewerProcess } from './viewer-process.ts';
import { activate } from './virtual-runtime.ts';
import { readBytes, type VirtualSocket } from './virtual-socket.ts';

/** The outcome of a simulation. */
export interface Outcome {
  seed: string;
  hash: string;
  violation: Violation | undefined;
  trace: string[];
  steps: number;
  virtualMs: number;
  realMs: number;
  stats: Oracle['stats'];
}

export interface SimulateOptions {
  keepsTrace?: boolean;
}

/** How long everything works after the last fault: longer than every time limit of the programs together. */
const quietMs = 150_000;
/** The time in which a gateway has to close when all works. */
const closeMs = 15_000;
/** A simulation with more steps than this has programs that keep each other busy. */
const maxSteps = 400_000;

/** The network of a slow viewer: as slow as the slowest that all clients may have. */
const slowPath = { bytesPerMs: 8, windowBytes: 16 * 1024 };
/** A file system in memory, on Linux: the logs of the trainers last for some milliseconds. */
const memoryFolder = '/dev/shm';
/** More timers than any program has with the connections of a simulation. */
const maxTimers = 60;

const dataOf: Partial<Record<CommandName, object>> = {
  setLearningRate: { learningRate: 0.005 },
  start: { name: 'short' },
  enqueue: { name: 'short' },
  moveQueued: { queuedId: 'command-1', position: 0 },
  cancelQueued: { queuedId: 'command-1' },
};

/** Runs a plan: the same plan gives the same outcome. */
export async function simulate(plan: Plan, options: SimulateOptions = {}): Promise<Outcome> {
  const world = new World(plan, options);
  const startedAt = real.performance.now();
  try {
    await world.run();
  } finally {
    activate(undefined);
    world.dispose();
  }
  const { oracle, scheduler, trace } = world;
  return {
    ...{ seed: plan.seed, hash: trace.hash, violation: oracle.violation, trace: trace.lines },
    ...{
      steps: scheduler.steps,
      virtualMs: scheduler.now,
      realMs: real.performance.now() - startedAt,
      stats: oracle.stats,
    },
  };
}

/** The ports of the load balancer in front of all gateways. */
const balancerPorts = { live: 9_000, ingest: 9_001 };

/** Returns whether a program opened a connection. */
const isOf = ({ client }: Connection, program: Program | undefined): boolean =>
  program === undefined ||
  client.process.name === ('trainer' in program ? `trainer ${program.trainer}` : `viewer ${program.viewer}`);

class World {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly oracle: Oracle;
  readonly network: Network;
  readonly database: Database;
  readonly gateways: GatewayProcess[];
  readonly trainers: TrainerProcess[];
  readonly viewers: ViewerProcess[] = [];
  readonly #random: Random;
  readonly #folder: string;
  #nextRun = 0;

  constructor(plan: Plan, { keepsTrace = false }: SimulateOptions) {
    this.plan = plan;
    const random = new Random(plan.seed);
    this.#random = random;
    this.#folder = mkdtempSync(`${existsSync(memoryFolder) ? memoryFolder : tmpdir()}/simulation-`);
    this.scheduler = new Scheduler(plan);
    this.trace = new Trace(keepsTrace);
    const { scheduler, trace } = this;
    const limits = { ...standardLimits, ...plan.limits };
    this.oracle = new Oracle({
      scheduler,
      trace,
      limits,
      store: () => this.database.store,
      readBytes: Math.min(readBytes, plan.path.windowBytes),
      faults: new Set(plan.actions.map(({ kind }) => kind)),
      isConnected: ({ client, server }) =>
        plan.gateways === 1 &&
        !client.destroyed &&
        !server.destroyed &&
        client.process.isAlive &&
        server.process.isAlive,
    });
    const { oracle } = this;
    this.network = new Network({
      ...{ scheduler, random: random.fork('network'), observer: oracle },
      pathOf: (host) => (this.#isSlow(host) ? { ...plan.path, ...slowPath } : plan.path),
    });
    const { network } = this;
    this.database = new Database({
      ...{ kind: plan.database, scheduler, random: random.fork('database'), network },
      operationMs: plan.operationMs,
      onAppended: (runId, events) => oracle.onAppended(runId, events),
      onRemoved: (runId) => oracle.onRemoved(runId),
    });
    this.gateways = Array.from(
      { length: plan.gateways },
      (_, index) =>
        new GatewayProcess({
          ...{ index, scheduler, random: random.fork(`gateway ${index}`), network, database: this.database },
          limits: plan.limits,
          keepRuns: plan.keepRuns,
          onError: (message) => oracle.fail('gateway', message),
        }),
    );
    for (const kind of ['live', 'ingest'] as const)
      network.balance(
        balancerPorts[kind],
        this.gateways.map(({ ports }) => ports[kind]),
      );
    this.trainers = plan.trainers.map(
      ({ runs, waits, gateway }, index) =>
        new TrainerProcess({
          ...{ index, scheduler, random: random.fork(`trainer ${index}`), folder: this.#folder },
          ...{ runs, waits, observer: oracle },
          url: `ws://127.0.0.1:${this.#port('ingest', gateway)}/ingest`,
          nextRun: () => this.#newRun(),
        }),
    );
  }

  #isSlow(host: string): boolean {
    return this.viewers.some(({ process, plan }) => process.host === host && plan.isSlow);
  }

  #port(kind: 'live' | 'ingest', gateway: number): number {
    return this.gateways[gateway]?.ports[kind] ?? balancerPorts[kind];
  }

  dispose(): void {
    this.network.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async run(): Promise<void> {
    const { scheduler, oracle, plan } = this;
    const onRejection = (error: unknown): void => oracle.onError(error);
    process.on('unhandledRejection', onRejection);
    process.on('uncaughtException', onRejection);
    activate({
      scheduler,
      random: this.#random.fork('programs'),
      connect: ({ port }) => this.network.connect({ port: Number(port) }),
    });
    try {
      for (const gateway of this.gateways) gateway.start();
      for (const trainer of this.trainers) trainer.start();
      for (const action of plan.actions) scheduler.schedule(action.at, () => this.#perform(action), outside);
      await this.#runUntil(plan.durationMs);
      if (!oracle.violation) this.#heal();
      await this.#runUntil(plan.durationMs + quietMs);
      if (!oracle.violation) await this.#checkEnd();
      if (!oracle.violation) await this.#close();
    } finally {
      process.off('unhandledRejection', onRejection);
      process.off('uncaughtException', onRejection);
    }
  }

  async #runUntil(at: number): Promise<void> {
    const { scheduler, oracle } = this;
    const isDone = (): boolean => oracle.violation !== undefined || scheduler.steps > maxSteps;
    await scheduler.run(at, isDone, (error) => oracle.onError(error));
    if (scheduler.steps > maxSteps) oracle.fail('progress', `the programs do more than ${maxSteps} steps`);
  }

  #newRun(): RunPlan {
    const runId = `next-${this.#nextRun++}`;
    return { runId, version: 1, epochs: 1, batchesPerEpoch: 5, stepMs: 200 };
  }

  #perform(action: Action): void {
    const { scheduler, network, database, oracle } = this;
    oracle.trace(`action ${JSON.stringify(action)}`);
    switch (action.kind) {
      case 'cut': {
        const open = [...network.connections].filter((connection) => isOf(connection, action.of));
        const connection = open[action.pick % Math.max(1, open.length)];
        if (action.sign === 'silence') connection?.client.lose();
        else if (connection)
          for (const socket of [connection.client, connection.server])
            scheduler.schedule(0, () => socket.receive('reset'), socket.process);
        break;
      }
      case 'partition':
        network.block(...action.hosts, scheduler.now + action.ms);
        break;
      case 'stall viewer':
        this.#stall(action.viewer, action.ms);
        break;
      case 'end gateway': {
        const gateway = this.gateways[action.gateway]!;
        const restart = (): void => {
          scheduler.schedule(action.ms, () => gateway.start(), outside);
        };
        if (action.how === 'close') gateway.close(restart);
        else if (gateway.kill(action.how)) restart();
        break;
      }
      case 'kill trainer': {
        const trainer = this.trainers[action.trainer]!;
        if (!trainer.process.isAlive) break;
        trainer.process.isAlive = false;
        network.kill(trainer.process, action.sign);
        if (action.ms !== undefined) scheduler.schedule(action.ms, () => trainer.start(), outside);
        break;
      }
      case 'slow store':
        database.slowness = action.factor;
        scheduler.schedule(
          action.ms,
          () => {
            database.slowness = 1;
          },
          outside,
        );
        break;
      case 'stall store':
        database.stalledUntil = scheduler.now + action.ms;
        break;
      case 'fail store':
        database.failure = { mode: action.mode, until: scheduler.now + action.ms };
        break;
      case 'viewer': {
        const index = this.viewers.length;
        const viewer = new ViewerProcess({
          ...{ index, scheduler, plan: action.plan },
          url: `ws://127.0.0.1:${this.#port('live', action.gateway)}/live`,
          onInvalid: (description) => oracle.fail('message', `viewer ${index} got: ${description}`),
          onError: (error) => oracle.onError(error),
        });
        this.viewers.push(viewer);
        viewer.start();
        break;
      }
      case 'lose events':
        this.#loseEvents(action);
        break;
      case 'interrupt bus':
        this.gateways[action.gateway]?.bus?.interrupt(action.ms);
        break;
      case 'command':
        this.#command(action);
        break;
      case 'delete run':
        this.gateways[action.gateway]?.request('DELETE', `/api/runs/run-${action.run}`);
        break;
      case 'annotate run':
        this.gateways[action.gateway]?.request('PATCH', `/api/runs/run-${action.run}`, {
          body: { title: action.title },
        });
        break;
      case 'close viewer':
        this.viewers[action.viewer]?.close();
        break;
    }
  }

  /** Lets the database lose the last events of a run, as a failover to a replica does: every connection to it ends. */
  #loseEvents({ trainer, events, ms }: Extract<Action, { kind: 'lose events' }>): void {
    const { database, oracle, scheduler } = this;
    const runId = this.trainers[trainer]?.current?.runId ?? `run-${trainer}`;
    const { length } = database.store.eventsOf(runId);
    if (length === 0) return;
    oracle.onLost(runId, length);
    database.store.loseEnd(runId, Math.max(0, length - events));
    const downMs = Math.min(ms, 3_000);
    database.failure = { mode: 'before', until: scheduler.now + downMs };
    for (const gateway of this.gateways) gateway.bus?.interrupt(downMs);
  }

  #command({ viewer, command, run, again }: Extract<Action, { kind: 'command' }>): void {
    const { scheduler, oracle } = this;
    if (!this.viewers[viewer]) return;
    const id = `command-${++oracle.stats.commands}`;
    const runId = run === 'followed' ? undefined : `run-${run}`;
    const record: CommandRecord = {
      ...{ id, command, runId, repeats: again !== undefined },
      ...{ sentAt: scheduler.now, pending: 0, results: [], effects: [] },
    };
    oracle.commands.set(id, record);
    const data = dataOf[command];
    const send = (index: number): void =>
      this.viewers[index]?.command(
        command,
        { ...(data && { data }), id, by: id, ...(runId !== undefined && { runId }) },
        record,
      );
    send(viewer);
    if (again) scheduler.schedule(again.afterMs, () => send(again.viewer), outside);
  }

  #stall(index: number, ms: number): void {
    const viewer = this.viewers[index];
    if (!viewer) return;
    const sockets = [...this.network.connections].filter(({ client }) => client.process === viewer.process);
    for (const { client } of sockets) client.isStalled = true;
    const resume = (): void => {
      for (const { client } of sockets) this.#resume(client);
    };
    this.scheduler.schedule(ms, resume, outside);
  }

  #resume(socket: VirtualSocket): void {
    const resume = (): void => {
      socket.isStalled = false;
    };
    this.scheduler.schedule(0, resume, socket.process);
  }

  #heal(): void {
    this.oracle.trace('everything works again');
    this.network.heal();
    this.database.heal();
    for (const gateway of this.gateways) if (!gateway.process.isAlive) gateway.start();
    for (const { client } of this.network.connections) this.#resume(client);
  }

  /** Checks what has to be true when everything has worked for a while. */
  async #checkEnd(): Promise<void> {
    const { oracle, scheduler, database } = this;
    for (const { index, process, current, isPaused } of this.trainers)
      if (process.isAlive && current && !isPaused && !oracle.refusals.has(current.runId))
        oracle.fail('progress', `trainer ${index} still trains ${current.runId}`);
    for (const [runId, log] of oracle.logs) this.#checkRun(runId, log);
    oracle.checkCommands();
    const [newest] = await database.store.runs({ limit: 1 });
    const runs = [...oracle.logs.keys()].filter((runId) => database.store.eventsOf(runId).length > 0);
    for (const viewer of this.viewers) this.#checkViewer(viewer, newest?.runId);
    for (const gateway of this.gateways) {
      const { index } = gateway;
      if (!gateway.isUp) oracle.fail('gateway', `gateway ${index} is not up`);
      gateway.request('GET', '/readyz', {
        onResponse: (status, text) =>
          status === 200 || oracle.fail('ready', `gateway ${index} is not ready: ${text}`),
      });
      for (const runId of runs)
        gateway.request('GET', `/api/runs/${runId}`, {
          onResponse: (status, text) => this.#checkSummary(runId, `gateway ${index}`, { status, text }),
        });
    }
    await this.#runUntil(scheduler.now + 2_000);
    for (const { index, unanswered } of this.gateways)
      for (const request of unanswered) oracle.fail('answer', `gateway ${index} does not answer ${request}`);
    this.#checkTimers();
  }

  /** Checks that no process has more timers than its connections need: a timer that is never cleared keeps its memory. */
  #checkTimers(): void {
    const processes = [...this.gateways, ...this.trainers, ...this.viewers].map(({ process }) => process);
    for (const process of processes) {
      const timers = this.scheduler.pendingTasks(process);
      if (timers > maxTimers) this.oracle.fail('bounds', `${process.name} has ${timers} timers`);
    }
  }

  #checkSummary(runId: string, where: string, { status, text }: { status: number; text: string }): void {
    const { oracle, database } = this;
    if (status !== 200)
      return oracle.fail('summary', `${where}: ${runId} is answered with ${status} ${text}`);
    const summary = JSON.parse(text) as ShownStatus & { lastSeq: number };
    const { length } = database.store.eventsOf(runId);
    if (summary.lastSeq !== length)
      oracle.fail('summary', `${where}: ${runId} has ${summary.lastSeq} events instead of ${length}`);
    this.#checkStatus(runId, where, summary);
  }

  #checkStatus(runId: string, where: string, shown: Pick<ShownStatus, 'status' | 'connected'>): void {
    const expected = this.#statusOf(runId);
    if (shown.connected !== expected.connected)
      this.oracle.fail('connected', `${where}: ${runId} is shown as connected: ${shown.connected}`);
    if (!expected.statuses.includes(shown.status))
      this.oracle.fail('status', `${where}: ${runId} is ${shown.status} instead of ${expected.statuses}`);
  }

  /** Returns the status that a run has after a long time without faults. */
  #statusOf(runId: string): { statuses: string[]; connected: boolean } {
    const { oracle, database } = this;
    const last = database.store.eventsOf(runId).at(-1)?.event;
    const trainer = this.trainers.find(({ current, process }) => process.isAlive && current?.runId === runId);
    const connected = trainer !== undefined && !oracle.refusals.has(runId);
    if (last?.type === 'run.finished') return { statuses: [last.data.status], connected };
    if (!connected) return { statuses: ['interrupted'], connected };
    return { statuses: trainer.isPaused ? ['paused'] : ['running', 'stalled'], connected };
  }

  #checkRun(runId: string, log: string[]): void {
    const { oracle, database, plan } = this;
    const stored = database.store.eventsOf(runId).map(({ json }) => json);
    const differs = stored.findIndex((json, index) => json !== log[index]);
    if (differs >= 0)
      return oracle.fail('stored', `event ${differs + 1} of ${runId} is stored as ${stored[differs]}`);
    if (stored.length === log.length || oracle.refusals.has(runId)) return;
    const isPublished = this.trainers.some(
      ({ process, current }) => process.isAlive && current?.runId === runId,
    );
    if (!isPublished && !oracle.finished.has(runId)) return; // Its trainer was killed.
    if (oracle.removedRuns.has(runId) || oracle.lostAfterEnd.has(runId)) return;
    oracle.fail(
      'stored',
      `${stored.length} of ${log.length} events of ${runId} are stored, seed ${plan.seed}`,
    );
  }

  #checkViewer(viewer: ViewerProcess, newest: string | undefined): void {
    const { oracle, database } = this;
    const { store } = database;
    const { plan, feed, state, index, closeCode } = viewer;
    const where = `viewer ${index}`;
    if (state === 'closed') {
      const mayBe = [
        'normal',
        'runNotFound',
        ...(oracle.removedRuns.size + oracle.lostRuns.size > 0 ? ['runDeleted'] : []),
      ];
      if (closeCode === undefined || !mayBe.includes(closeCode))
        oracle.fail('viewer', `${where} is closed with ${closeCode}`);
      return;
    }
    if (state !== 'open') return oracle.fail('viewer', `${where} is ${state}`);
    if (viewer.storeState !== 'ok') oracle.fail('store state', `${where} shows a failing store`);
    const idle = this.trainers.filter(({ isIdle, process }) => isIdle && process.isAlive).length;
    if (viewer.waitingTrainers !== idle)
      oracle.fail('trainers', `${where} shows ${viewer.waitingTrainers} idle trainers instead of ${idle}`);
    // The number of viewers is sent with the status of any run.
    const open = this.viewers.filter((each) => each.state === 'open').length;
    if (newest !== undefined && viewer.viewers !== open)
      oracle.fail('viewers (P-82)', `${where} shows ${viewer.viewers} viewers instead of ${open}`);
    const { runId } = feed;
    if (plan.run === 'latest' && runId !== newest)
      oracle.fail('latest', `${where} follows ${runId} instead of ${newest}`);
    if (runId === undefined) return;
    const shown = viewer.statuses.get(runId);
    if (shown) this.#checkStatus(runId, where, shown);
    const stored = store.eventsOf(runId);
    if (feed.stream !== store.streamOf(runId))
      return oracle.fail('viewer', `${where} shows another stream of ${runId}`);
    const lost = [...feed.events.keys()].find((seq) => seq > stored.length);
    if (lost !== undefined)
      return oracle.fail('complete', `${where} shows ${runId} ${lost}, which is lost, of ${stored.length}`);
    const isFull = plan.types === undefined && plan.maxRate === undefined;
    for (const { seq, type } of stored) {
      if (feed.events.has(seq)) continue;
      if (feed.gaps.some(({ from, to }) => from <= seq && seq <= to)) continue;
      if (plan.types && !plan.types.includes(type)) continue;
      if (!isFull && type === 'batch') continue;
      return oracle.fail('complete', `${where} lacks ${type} ${seq} of ${runId}, of ${stored.length}`);
    }
  }

  async #close(): Promise<void> {
    const { scheduler, oracle } = this;
    for (const viewer of this.viewers) viewer.close();
    await this.#runUntil(scheduler.now + 2_000);
    const closed = new Set<number>();
    for (const gateway of this.gateways) gateway.close(() => closed.add(gateway.index));
    await this.#runUntil(scheduler.now + closeMs);
    for (const { index } of this.gateways)
      if (!closed.has(index)) oracle.fail('close', `gateway ${index} does not close`);
  }
}
