import { randomUUID } from 'node:crypto';
import {
  eventLimits,
  type FinishedStatus,
  MonitorError,
  type QueuedStart,
  withoutCredentials,
} from '@mnist-monitor/shared';
import { type TrainerConfig, unusedFlags, withSettings } from '../config.ts';
import type { ConsoleOutput } from '../console/report.ts';
import type { EventBody } from '../event-data.ts';
import { findInterruptedRun, findLastInterruptedRun } from '../storage/interrupted-runs.ts';
import { notice } from '../training/notices.ts';
import { CommandHandler, type StartRun } from './command-handler.ts';
import { GatewayConnection, type PublisherIdentity } from './gateway-connection.ts';
import { type PreparedRun, prepareNewRun, prepareResumedRun } from './prepare-run.ts';
import { PublishedRun } from './published-run.ts';
import type { RunResources } from './run-resources.ts';

/** Options of `Trainer`. */
export interface TrainerOptions {
  config: TrainerConfig;
  resources: RunResources;
  output: ConsoleOutput;
  /** Ends the run after its current step, and the trainer; its abort reason is a `RunEnd`. */
  signal: AbortSignal;
  /** Called when the trainer has no run and waits for a viewer to start one. */
  onWaiting: () => void;
}

/** Trains the run that the configuration describes, then each run that a viewer starts; with `once` only the first. */
export class Trainer {
  readonly #options: TrainerOptions;
  readonly #identity: PublisherIdentity;
  readonly #commands: CommandHandler;
  /** Deliveries of finished runs whose last events the gateway has not acknowledged. */
  readonly #deliveries = new Set<Promise<void>>();
  readonly #abortDelivery = new AbortController();
  /** The latest notices of queued starts that could not begin, for the events of the next run. */
  #failedStarts: EventBody[] = [];

  constructor(options: TrainerOptions) {
    const { gatewayUrl: url, token, once } = options.config;
    this.#commands = new CommandHandler({ hasQueue: !once });
    this.#options = options;
    this.#identity = { url, address: withoutCredentials(url), token, publisherId: randomUUID() };
    options.signal.addEventListener('abort', () => this.#abortDelivery.abort());
  }

  /**
   * Trains runs until the signal is aborted, the gateway refuses this trainer or, with `once`, the first run ends. Then waits
   * until the events of all runs are delivered or the gateway does not reply.
   * @returns How the last run ended; undefined when no run was started.
   * @throws MonitorError when the first run cannot be prepared, or when the gateway has another run with the same id.
   * @throws With `once`, the error that made the run fail.
   */
  async run(): Promise<FinishedStatus | undefined> {
    let status: FinishedStatus | undefined;
    try {
      for (let run = await this.#firstRun(); run; run = await this.#nextRun()) {
        status = await this.#train(run);
        if (this.#options.config.once) break;
      }
      return status;
    } finally {
      const waiting = this.#commands.queue.list.length;
      if (waiting > 0)
        this.#options.output.write(`Runs that were still in the queue, and are lost: ${waiting}.\n`);
      this.#abortDelivery.abort();
      await Promise.all(this.#deliveries);
    }
  }

  async #firstRun(): Promise<PreparedRun | undefined> {
    const { config, output, resources } = this.#options;
    const { resume, runs, wait } = config;
    const interrupted =
      resume && (resume === 'latest' ? findLastInterruptedRun(runs) : findInterruptedRun(runs, resume));
    if (interrupted) {
      const unused = unusedFlags(config, interrupted);
      if (unused.length > 0)
        output.write(
          `Not used: ${unused.join(', ')}; run ${interrupted.runId} continues with its original settings.\n`,
        );
      return prepareResumedRun(resources, config, interrupted);
    }
    if (resume)
      output.write(
        `Nothing to resume in ${runs}: ${wait ? 'waiting for a run to be started' : 'starting a new run'}.\n`,
      );
    return wait ? this.#nextRun() : prepareNewRun(resources, config);
  }

  /**
   * Returns the first run of the queue, or waits until a viewer starts one; undefined when the signal is aborted or the gateway
   * refuses this trainer first.
   */
  async #nextRun(): Promise<PreparedRun | undefined> {
    const { output, signal, onWaiting } = this.#options;
    if (signal.aborted) return undefined;
    const queued = await this.#nextQueuedRun();
    if (queued || signal.aborted) return queued;
    const refused = new AbortController();
    const connection = new GatewayConnection({
      identity: this.#identity,
      firstMessage: () => ({ type: 'wait' }),
      commands: this.#commands.idleCommands,
      onReply: () => {},
      onProblem: (problem) =>
        output.write(
          problem === undefined
            ? `Connected to the gateway at ${this.#identity.address}.\n`
            : `The gateway at ${this.#identity.address} cannot be reached: ${problem}. Retrying until it can be reached.\n`,
        ),
      onRefused(why, reason) {
        output.write(`The gateway refuses this trainer (${why}: ${reason}): no run can be started.\n`);
        refused.abort();
      },
    });
    onWaiting();
    const run = await this.#awaitStart(AbortSignal.any([signal, refused.signal]));
    await connection.close();
    return run;
  }

  /** Prepares the first start of the queue that can begin, and reports those that cannot; undefined when there is none. */
  async #nextQueuedRun(): Promise<PreparedRun | undefined> {
    const { config, resources, signal } = this.#options;
    const { queue } = this.#commands;
    while (!signal.aborted) {
      const start = queue.takeFirst();
      if (!start) return undefined;
      try {
        return await prepareNewRun(resources, withSettings(config, start.data));
      } catch (error) {
        this.#reportFailedStart(start, error as Error);
      }
    }
    return undefined;
  }

  /** Reports a queued start that cannot begin: on the console and, as no run is open between two runs, in the next run's events. */
  #reportFailedStart({ data, by }: QueuedStart, error: Error): void {
    const run = data.name ? `The queued run “${data.name}”` : 'A queued run';
    const message = `${run} cannot begin: ${error.message}`;
    this.#options.output.write(`${message}\n`);
    // The protocol allows 2,000 characters. As many notices are kept as starts can wait.
    const failure = notice('error', 'queue.failed', message.slice(0, 2_000), { by });
    this.#failedStarts = [...this.#failedStarts, failure].slice(-eventLimits.queuedStarts);
  }

  /** Resolves with the run of the first valid `start` or `enqueue` command; with undefined when the signal is aborted before. */
  #awaitStart(signal: AbortSignal): Promise<PreparedRun | undefined> {
    const { config, resources } = this.#options;
    const commands = this.#commands;
    return new Promise((resolve) => {
      const settle = (run: PreparedRun | undefined): void => {
        commands.startRun = undefined;
        commands.queue.onAdded = undefined;
        signal.removeEventListener('abort', onAbort);
        resolve(run);
      };
      const startRun: StartRun = async (settings) => {
        commands.startRun = undefined;
        try {
          const run = await prepareNewRun(resources, withSettings(config, settings));
          settle(run);
          return run.config.runId;
        } catch (error) {
          if (signal.aborted) settle(undefined);
          else acceptStarts();
          throw error;
        }
      };
      const startQueued = async (): Promise<void> => {
        if (!commands.startRun) return; // Another start is being prepared; the queue is read after it.
        commands.startRun = undefined;
        const run = await this.#nextQueuedRun();
        if (run || signal.aborted) settle(run);
        else acceptStarts();
      };
      const acceptStarts = (): void => {
        commands.startRun = startRun;
        if (commands.queue.list.length > 0) void startQueued();
      };
      commands.queue.onAdded = () => void startQueued();
      // The preparation of a run is not interrupted: the prepared run is returned, and stops before its first step.
      const onAbort = (): void => {
        if (commands.startRun) settle(undefined);
      };
      acceptStarts();
      signal.addEventListener('abort', onAbort);
    });
  }

  /** Trains a run. A run that fails does not end a trainer that can start others. */
  async #train(run: PreparedRun): Promise<FinishedStatus> {
    const { config, output, signal } = this.#options;
    const published = new PublishedRun(run, {
      identity: this.#identity,
      commands: this.#commands,
      output,
      signal,
      abortDelivery: this.#abortDelivery.signal,
      onDelivery: (delivery) => this.#trackDelivery(delivery),
      failedStarts: this.#failedStarts,
    });
    this.#failedStarts = [];
    try {
      return await published.train();
    } catch (error) {
      const isKnown = error instanceof MonitorError;
      if (config.once || (isKnown && error.code === 'run.taken')) throw error;
      output.write(`${isKnown ? error.message : (error as Error).stack}\n`);
      return 'failed';
    }
  }

  #trackDelivery(delivery: Promise<void>): void {
    this.#deliveries.add(delivery);
    delivery.finally(() => this.#deliveries.delete(delivery));
  }
}
