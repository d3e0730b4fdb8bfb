import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { limits as standardLimits } from '../../packages/gateway/dist/src/limits.js';
import { Database } from './database.ts';
import { GatewayProcess } from './gateway-process.ts';
import { Network } from './network.ts';
import { Oracle, queries, type Violation } from './oracle.ts';
import type { Action, Plan } from './plan.ts';
import { Random } from './random.ts';
import { real } from './real-time.ts';
import { outside, Scheduler } from './scheduler.ts';
import { Trace } from './trace.ts';
import { type RunPlan, TrainerProcess } from './trainer-process.ts';
import { ViewerProcess } from './viewer-process.ts';
import { activate } from './virtual-runtime.ts';
import type { VirtualSocket } from './virtual-socket.ts';

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
    this.#folder = mkdtempSync(`${tmpdir()}/simulation-`);
    this.scheduler = new Scheduler(plan);
    this.trace = new Trace(keepsTrace);
    const { scheduler, trace } = this;
    const limits = { ...standardLimits, ...plan.limits };
    this.oracle = new Oracle({ scheduler, trace, limits, store: () => this.database.store });
    const { oracle } = this;
    this.network = new Network({
      ...{ scheduler, random: random.fork('network'), path: plan.path },
      observer: oracle,
    });
    const { network } = this;
    this.database = new Database({
      ...{ kind: plan.database, scheduler, random: random.fork('database'), network },
      operationMs: plan.operationMs,
      onAppended: (runId, events) => oracle.onAppended(runId, events),
    });
    this.gateways = Array.from(
      { length: plan.gateways },
      (_, index) =>
        new GatewayProcess({
          ...{ index, scheduler, random: random.fork(`gateway ${index}`), network, database: this.database },
          limits: plan.limits,
          keepRuns: undefined,
          onError: (message) => oracle.fail('gateway', message),
        }),
    );
    this.trainers = plan.trainers.map(
      ({ run, waits, gateway }, index) =>
        new TrainerProcess({
          ...{ index, scheduler, random: random.fork(`trainer ${index}`), folder: this.#folder },
          ...{ firstRun: run, waits, observer: oracle },
          url: `ws://127.0.0.1:${this.gateways[gateway]!.ports.ingest}/ingest`,
          nextRun: () => this.#newRun(),
        }),
    );
  }

  dispose(): void {
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
      connect: ({ port }) => this.#connect(Number(port)),
    });
    try {
      for (const gateway of this.gateways) gateway.start();
      for (const trainer of this.trainers) trainer.start();
      for (const action of plan.actions) scheduler.schedule(action.at, () => this.#perform(action), outside);
      await this.#runUntil(plan.durationMs);
      if (!oracle.violation) this.#heal();
      await this.#runUntil(plan.durationMs + quietMs);
      if (!oracle.violation) this.#checkEnd();
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

  #connect(port: number): VirtualSocket {
    const socket = this.network.connect({ port });
    socket.onWrite = (bytes) => {
      const [, query] = /^GET \/live\?(\S+) /.exec(bytes.toString('latin1', 0, 2_000)) ?? [];
      if (query !== undefined) queries.set(socket, new URLSearchParams(query));
    };
    return socket;
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
        const open = [...network.connections];
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
          url: `ws://127.0.0.1:${this.gateways[action.gateway]!.ports.live}/live`,
          onInvalid: (description) => oracle.fail('message', `viewer ${index} got: ${description}`),
          onError: (error) => oracle.onError(error),
        });
        this.viewers.push(viewer);
        viewer.start();
        break;
      }
      case 'close viewer':
        this.viewers[action.viewer]?.close();
        break;
    }
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
  #checkEnd(): void {
    const { oracle, database } = this;
    const { store } = database;
    for (const trainer of this.trainers) {
      const { current } = trainer;
      if (trainer.process.isAlive && current)
        oracle.fail('progress', `trainer ${trainer.index} still trains ${current.runId}`);
    }
    for (const [runId, log] of oracle.logs) this.#checkRun(runId, log);
    for (const viewer of this.viewers) this.#checkViewer(viewer);
    if (store === undefined) return;
  }

  #checkRun(runId: string, log: string[]): void {
    const { oracle, database } = this;
    const stored = database.store.eventsOf(runId).map(({ json }) => json);
    const differs = stored.findIndex((json, index) => json !== log[index]);
    if (differs >= 0)
      return oracle.fail('stored', `event ${differs + 1} of ${runId} is stored as ${stored[differs]}`);
    const trainer = this.trainers.find(({ current }) => current?.runId === runId);
    const isInterrupted = trainer !== undefined;
    if (
      stored.length < log.length &&
      !isInterrupted &&
      !oracle.refusals.has(runId) &&
      this.#isDelivered(runId)
    )
      oracle.fail('stored', `${stored.length} of ${log.length} events of ${runId} are stored`);
  }

  /** Whether the process that logged the end of the run has lived on to deliver it. */
  #isDelivered(runId: string): boolean {
    return this.oracle.finished.has(runId);
  }

  #checkViewer(viewer: ViewerProcess): void {
    const { oracle, database } = this;
    const { store } = database;
    const { plan, feed, state, index } = viewer;
    if (state === 'closed') {
      if (viewer.closeCode === 'normal' || viewer.closeCode === 'runNotFound') return;
      return oracle.fail('viewer', `viewer ${index} is closed with ${viewer.closeCode}`);
    }
    if (state !== 'open') return oracle.fail('viewer', `viewer ${index} is ${state}`);
    const { runId } = feed;
    if (runId === undefined) return;
    const stored = store.eventsOf(runId);
    if (feed.stream !== store.streamOf(runId))
      return oracle.fail('viewer', `viewer ${index} shows another stream of ${runId}`);
    const isFull = plan.types === undefined && plan.maxRate === undefined;
    for (const { seq, type } of stored) {
      if (feed.events.has(seq)) continue;
      if (feed.gaps.some(({ from, to }) => from <= seq && seq <= to)) continue;
      if (plan.types && !plan.types.includes(type)) continue;
      if (!isFull && type === 'batch') continue;
      return oracle.fail('complete', `viewer ${index} lacks ${type} ${seq} of ${runId}, of ${stored.length}`);
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
