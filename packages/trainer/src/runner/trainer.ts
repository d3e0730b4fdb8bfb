import { randomUUID } from 'node:crypto';
import { type FinishedStatus, MonitorError } from '@mnist-monitor/shared';
import { type TrainerConfig, unusedFlags, withSettings } from '../config.ts';
import type { Output } from '../console/report.ts';
import { findInterrupted, findLastInterrupted } from '../storage/interrupted-runs.ts';
import { CommandHandler, type StartRun } from './command-handler.ts';
import { GatewayLink, type Identity } from './gateway-link.ts';
import { type PreparedRun, prepareNewRun, prepareResumedRun } from './prepare-run.ts';
import { trainAndPublish } from './publish-run.ts';
import type { RunResources } from './run-resources.ts';

export interface TrainerOptions {
  config: TrainerConfig;
  resources: RunResources;
  output: Output;
  /** Ends the run after the step it is in, and the trainer; to be aborted with a `RunEnd`. */
  signal: AbortSignal;
  /** The trainer has no run and waits to be told to start one. */
  onWaiting: () => void;
}

/**
 * Trains as it was told, and then each time a viewer starts a run, until the signal; with `once` for one run only.
 * @returns How the last run ended; undefined when there was none.
 * @throws MonitorError when the first run cannot be as it was asked for, or the only one fails.
 */
export class Trainer {
  readonly #options: TrainerOptions;
  readonly #identity: Identity;
  readonly #resources: RunResources;
  readonly #commands = new CommandHandler();
  /** Of runs that are over, and whose events the gateway does not have all yet. */
  readonly #deliveries = new Set<Promise<void>>();
  readonly #hurry = new AbortController();

  constructor(options: TrainerOptions) {
    const { gatewayUrl: url, token } = options.config;
    this.#options = options;
    this.#resources = options.resources;
    this.#identity = { url, token, publisherId: randomUUID() };
    options.signal.addEventListener('abort', () => this.#hurry.abort());
  }

  async run(): Promise<FinishedStatus | undefined> {
    let status: FinishedStatus | undefined;
    try {
      for (let job = await this.#first(); job; job = await this.#next()) {
        status = await this.#train(job);
        if (this.#options.config.once) break;
      }
      return status;
    } finally {
      this.#hurry.abort();
      await Promise.all(this.#deliveries);
    }
  }

  async #first(): Promise<PreparedRun | undefined> {
    const { config, output } = this.#options;
    const { resume, runs, wait } = config;
    const interrupted =
      resume && (resume === 'latest' ? findLastInterrupted(runs) : findInterrupted(runs, resume));
    if (interrupted) {
      const unused = unusedFlags(config, interrupted);
      if (unused.length > 0)
        output.write(`Not used: ${unused.join(', ')}; run ${interrupted.runId} goes on as it was begun.\n`);
      return prepareResumedRun(this.#resources, config, interrupted);
    }
    if (resume)
      output.write(`Nothing to resume in ${runs}: ${wait ? 'waiting for a start' : 'a new run begins'}.\n`);
    return wait ? this.#next() : prepareNewRun(this.#resources, config);
  }

  /** Waits until a viewer starts a run; undefined when the trainer is to end. */
  async #next(): Promise<PreparedRun | undefined> {
    const { output, signal, onWaiting } = this.#options;
    if (signal.aborted) return undefined;
    const refused = new AbortController();
    const line = new GatewayLink({
      identity: this.#identity,
      introduction: { type: 'wait' },
      commands: this.#commands.whileWaiting,
      onReply: () => {},
      onRefused(why, reason) {
        output.write(`The gateway does not take this trainer (${why}: ${reason}): no run can be started.\n`);
        refused.abort();
      },
    });
    onWaiting();
    const job = await this.#started(refused.signal);
    await line.close();
    return job;
  }

  #started(refused: AbortSignal): Promise<PreparedRun | undefined> {
    const { config, signal } = this.#options;
    const commands = this.#commands;
    return new Promise((resolve) => {
      const leave = (job: PreparedRun | undefined): void => {
        commands.start = undefined;
        signal.removeEventListener('abort', onAbort);
        resolve(job);
      };
      const start: StartRun = async (settings) => {
        commands.start = undefined;
        try {
          const job = await prepareNewRun(this.#resources, withSettings(config, settings));
          leave(job);
          return job.config.runId;
        } catch (error) {
          if (signal.aborted || refused.aborted) leave(undefined);
          else commands.start = start;
          throw error;
        }
      };
      // A run that is being prepared is waited for, and ends in order.
      const onAbort = (): void => {
        if (commands.start) leave(undefined);
      };
      commands.start = start;
      signal.addEventListener('abort', onAbort);
      refused.addEventListener('abort', onAbort);
    });
  }

  /** A run that fails does not end a trainer that could do others. */
  async #train(job: PreparedRun): Promise<FinishedStatus> {
    const { config, output, signal } = this.#options;
    try {
      return await trainAndPublish(job, {
        ...{ identity: this.#identity, commands: this.#commands, output, signal },
        hurry: this.#hurry.signal,
        onDelivery: (delivery) => this.#keep(delivery),
      });
    } catch (error) {
      const known = error instanceof MonitorError;
      if (config.once || (known && ['run.taken', 'run.exists'].includes(error.code))) throw error;
      output.write(`${known ? error.message : (error as Error).stack}\n`);
      return 'failed';
    }
  }

  #keep(delivery: Promise<void>): void {
    this.#deliveries.add(delivery);
    delivery.finally(() => this.#deliveries.delete(delivery));
  }
}
