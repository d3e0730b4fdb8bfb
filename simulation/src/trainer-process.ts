import { mkdirSync } from 'node:fs';
import { type Command, type CommandResult, MonitorError } from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import type { EventBody } from '../../packages/trainer/dist/src/event-data.js';
import { CommandHandler, type StartRun } from '../../packages/trainer/dist/src/runner/command-handler.js';
import {
  GatewayConnection,
  type PublisherIdentity,
} from '../../packages/trainer/dist/src/runner/gateway-connection.js';
import { Publisher } from '../../packages/trainer/dist/src/runner/publisher.js';
import { EventLog } from '../../packages/trainer/dist/src/storage/event-log.js';
import { RunFolder } from '../../packages/trainer/dist/src/storage/run-folder.js';
import { RunControl } from '../../packages/trainer/dist/src/training/run-control.js';
import type { Random } from './random.ts';
import { type Scheduler, SimProcess } from './scheduler.ts';

/** A run as its trainer describes it. */
export interface RunPlan {
  runId: string;
  version: 1 | 2;
  epochs: number;
  batchesPerEpoch: number;
  stepMs: number;
  /** Whether each batch is followed by a notice of 1,900 characters, so that the run has many bytes. */
  isVerbose?: boolean;
}

/** Receives what trainers do. */
export interface TrainerObserver {
  onEvent(runId: string, text: string): void;
  /** A command takes effect; `by` is unique for each command. */
  onExecuted(effect: { by: string; command: string; runId: string | undefined; publisherId: string }): void;
  onRefused(runId: string, why: string): void;
  onFinished(runId: string, undelivered: number): void;
  onError(error: unknown): void;
}

export interface TrainerOptions {
  index: number;
  scheduler: Scheduler;
  random: Random;
  folder: string;
  url: string;
  /** The runs that the trainer begins with, one after the other. */
  runs: readonly RunPlan[];
  /** Whether the trainer waits for starts after these runs. */
  waits: boolean;
  /** Returns the next run that a viewer starts. */
  nextRun(): RunPlan;
  observer: TrainerObserver;
}

const longNotice: EventBody = {
  type: 'notice',
  data: { level: 'info', code: 'log', message: 'x'.repeat(1_900), step: null },
};

const bodiesOf = new Map<string, EventBody[]>();

/** Returns the events of a sample run, without what the log adds. */
function bodies({ version, epochs, batchesPerEpoch, isVerbose = false }: RunPlan): EventBody[] {
  const key = `${version} ${epochs} ${batchesPerEpoch} ${isVerbose}`;
  const known = bodiesOf.get(key);
  if (known) return known;
  const events = rounded(version === 1 ? sampleRun({ epochs, batchesPerEpoch }) : sampleRunOfVersion2());
  // A run may have only one figure in 10 s.
  const made = events.flatMap(({ type, data }): EventBody[] => {
    if (type === 'figure') return [];
    const body = { type, data } as EventBody;
    return isVerbose && type === 'batch' ? [longNotice, body] : [body];
  });
  bodiesOf.set(key, made);
  return made;
}

/** Rounds all numbers: the last digits of logarithms and powers differ between versions of Node.js. */
function rounded<T>(value: T): T {
  if (typeof value === 'number') return (Number.isFinite(value) ? Number(value.toPrecision(6)) : value) as T;
  if (Array.isArray(value)) return value.map(rounded) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, rounded(each)])) as T;
}

/** A trainer in a process of its own: it writes the events of sample runs to its log and publishes them. */
export class TrainerProcess {
  readonly #options: TrainerOptions;
  process: SimProcess;
  /** The run that the process trains, or trained when it was killed. */
  current: RunPlan | undefined;
  publisherId = '';
  /** Whether the trainer is idle and connected or connecting, to wait for a start. */
  isIdle = false;
  /** Whether the current run is paused by a command. */
  isPaused = false;
  #starts = 0;
  /** The ids of the starts that took effect: a start that arrives again gets the same answer. */
  #reportedStarts = new Set<string>();
  /** Number of runs begun of those that the trainer begins with. */
  #begun = 0;

  constructor(options: TrainerOptions) {
    this.#options = options;
    this.process = this.#newProcess();
    this.process.isAlive = false;
  }

  get index(): number {
    return this.#options.index;
  }

  start(): void {
    if (this.process.isAlive) return;
    const { scheduler, observer } = this.#options;
    const process = this.#newProcess();
    this.process = process;
    const main = (): void => {
      this.#main(process).catch((error) => observer.onError(error));
    };
    scheduler.schedule(0, main, process);
  }

  async #main(process: SimProcess): Promise<void> {
    const { index, url, runs, waits } = this.#options;
    this.#reportedStarts = new Set();
    this.publisherId = `trainer-${index}-${this.#starts}-${crypto.randomUUID().slice(0, 8)}`;
    const identity: PublisherIdentity = { url, address: url, publisherId: this.publisherId };
    const handler = new CommandHandler({ hasQueue: waits });
    if (this.current) await this.#train(this.current, { identity, handler, isResumed: true, process });
    while (this.#begun < runs.length)
      await this.#train(runs[this.#begun++]!, { identity, handler, isResumed: false, process });
    while (waits) {
      let run: RunPlan;
      const queued = handler.queue.takeFirst();
      if (queued) {
        this.#report(queued.queuedId, 'enqueue', undefined);
        run = this.#planOf(queued.data.name);
      } else run = await this.#awaitStart(identity, handler);
      await this.#train(run, { identity, handler, isResumed: false, process });
    }
  }

  #planOf(name: string | null | undefined): RunPlan {
    return { ...this.#options.nextRun(), ...(name === 'short' && { epochs: 1, batchesPerEpoch: 2 }) };
  }

  #report(by: string, command: string, runId: string | undefined): void {
    this.#options.observer.onExecuted({ by, command, runId, publisherId: this.publisherId });
  }

  /** Waits for a start, as `Trainer` does between two runs. */
  #awaitStart(identity: PublisherIdentity, handler: CommandHandler): Promise<RunPlan> {
    this.isIdle = true;
    const accepted = new Promise<RunPlan>((resolve) => {
      const settle = (run: RunPlan): void => {
        handler.startRun = undefined;
        handler.queue.onAdded = undefined;
        resolve(run);
      };
      const startRun: StartRun = async (settings) => {
        const run = this.#planOf(settings.name);
        settle(run);
        return run.runId;
      };
      handler.startRun = startRun;
      handler.queue.onAdded = () => {
        const queued = handler.queue.takeFirst();
        if (!queued) return;
        this.#report(queued.queuedId, 'enqueue', undefined);
        settle(this.#planOf(queued.data.name));
      };
    });
    const idle = this.#observed(handler, handler.idleCommands);
    const connection = new GatewayConnection({
      identity,
      firstMessage: () => ({ type: 'wait' }),
      commands: idle,
      onReply: () => {},
      onProblem: () => {},
      onRefused: (why) => this.#options.observer.onRefused('', why),
    });
    return accepted.then(async (run) => {
      this.isIdle = false;
      await connection.close();
      return run;
    });
  }

  /** Returns the accepted commands, and reports each start that takes effect. */
  #observed(
    handler: CommandHandler,
    { names }: CommandHandler['idleCommands'],
  ): CommandHandler['idleCommands'] {
    const handle = async (command: Command): Promise<CommandResult> => {
      const result = await handler.handle(command);
      if (command.command === 'start' && result.ok && !this.#reportedStarts.has(command.id)) {
        this.#reportedStarts.add(command.id);
        this.#report(command.id, 'start', result.runId);
      }
      return result;
    };
    return { names, handle };
  }

  async #train(
    run: RunPlan,
    options: {
      identity: PublisherIdentity;
      handler: CommandHandler;
      isResumed: boolean;
      process: SimProcess;
    },
  ): Promise<void> {
    const { identity, handler, isResumed } = options;
    const { random, observer, folder } = this.#options;
    this.current = run;
    this.isPaused = false;
    this.isIdle = false;
    if (!isResumed) mkdirSync(`${folder}/${run.runId}`, { recursive: true });
    const log = new EventLog({
      runId: run.runId,
      folder: RunFolder.open(folder, run.runId),
      memoryLimit: 40,
    });
    let isRefused = false;
    const publisher = new Publisher({
      identity,
      log,
      // A start may arrive over the connection of a run that has ended and is still delivered.
      commands: this.#observed(handler, handler.trainingCommands),
      isResumed,
      onRefused: (why) => {
        isRefused = true;
        observer.onRefused(run.runId, why);
      },
      onProblem: () => {},
      onLoss: () => {},
      onReject: ({ issues }) => observer.onError(new Error(`rejected: ${JSON.stringify(issues)}`)),
    });
    const emit = (body: EventBody): void => {
      if (body.type === 'notice' && body.data.code === 'run.paused') this.isPaused = true;
      if (body.type === 'notice' && body.data.code === 'run.resumed') this.isPaused = false;
      log.append(body);
      observer.onEvent(run.runId, log.read(log.lastSeq - 1, 1)[0]!);
      publisher.sendPending();
    };
    const control = this.#observedControl(
      run.runId,
      new RunControl({
        ...{ learningRate: 0.01, schedule: 'constant', emit },
      }),
    );
    handler.currentRun = { runId: run.runId, control, emit };
    const all = bodies(run);
    let step = 0;
    await publisher.announced();
    // A resumed run continues after what its log has; commands have added notices to it, so this counts only the others.
    const emitted = isResumed ? [...log.all()].filter((text) => !isControlNotice(text)).length : 0;
    for (const body of all.slice(emitted, -1)) {
      emit(body);
      if (body.type === 'batch') {
        step = body.data.step;
        await delay(run.stepMs * random.between(0.5, 1.5));
        if (!(await control.shouldContinue(step))) break;
      }
    }
    const last = all.at(-1)!;
    if (!control.end) emit(last);
    else if (last.type === 'run.finished') emit({ ...last, data: { ...last.data, ...control.end } });
    handler.currentRun = undefined;
    this.current = undefined;
    // The delivery goes on while the next run begins.
    void publisher.close(new AbortController().signal).then((undelivered) => {
      if (!isRefused) observer.onFinished(run.runId, undelivered);
      log.close();
    });
  }

  /** Reports the commands that reach a run. */
  #observedControl(runId: string, control: RunControl): RunControl {
    const { pause, resume, stop, setLearningRate } = control;
    control.pause = (by = '') => {
      this.#report(by, 'pause', runId);
      pause.call(control, by);
    };
    control.resume = (by = '') => {
      this.#report(by, 'resume', runId);
      resume.call(control, by);
    };
    control.setLearningRate = (rate, by = '') => {
      this.#report(by, 'setLearningRate', runId);
      setLearningRate.call(control, rate, by);
    };
    control.stop = (end) => {
      this.#report(/ of (\S+)$/.exec(end.reason)?.[1] ?? '', 'stop', runId);
      stop.call(control, end);
    };
    return control;
  }

  #newProcess(): SimProcess {
    const { scheduler, random, index } = this.#options;
    this.#starts++;
    return new SimProcess(`trainer ${index}`, {
      host: `trainer ${index}`,
      startedAt: scheduler.now,
      clockErrorMs: random.chance(0.2) ? random.between(-60_000, 60_000) : 0,
    });
  }
}

const isControlNotice = (text: string): boolean =>
  /"code":"(run\.paused|run\.resumed|learning_rate\.set|queue\.changed)"/.test(text);

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const isExpectedError = (error: unknown): boolean => error instanceof MonitorError;
