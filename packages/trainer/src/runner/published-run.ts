import { type FinishedStatus, MonitorError } from '@mnist-monitor/shared';
import { formatPlural } from '@mnist-monitor/shared/console';
import { type ConsoleOutput, ConsoleReport } from '../console/report.ts';
import type { EventBody } from '../event-data.ts';
import { fileNamedBy } from '../storage/published-file.ts';
import { RunControl } from '../training/run-control.ts';
import { Stopwatch } from '../training/stopwatch.ts';
import type { CommandHandler } from './command-handler.ts';
import { FileUploads } from './file-uploads.ts';
import type { PublisherIdentity } from './gateway-connection.ts';
import type { PreparedRun } from './prepare-run.ts';
import { Publisher, type Refusal } from './publisher.ts';
import { trainRun } from './train-run.ts';

/** Options of `PublishedRun`. */
export interface PublishedRunOptions {
  identity: PublisherIdentity;
  commands: CommandHandler;
  output: ConsoleOutput;
  /** Ends the run; its abort reason is a `RunEnd`. */
  signal: AbortSignal;
  /** Receives a promise that resolves when the run's last events are delivered, or the delivery has failed. */
  onDelivery: (delivery: Promise<void>) => void;
  /** Aborted when the process ends: the delivery then stops if the gateway does not reply. */
  abortDelivery: AbortSignal;
  /** Notices about queued starts that have failed since the run before; emitted as events of this run. */
  failedStarts: readonly EventBody[];
}

/** Trains one run and writes each of its events to the log, the console, the gateway and the TensorBoard file. */
export class PublishedRun {
  readonly #run: PreparedRun;
  readonly #options: PublishedRunOptions;
  readonly #report: ConsoleReport;
  readonly #control: RunControl;
  readonly #publisher: Publisher;
  readonly #uploads: FileUploads;
  /** The error that ends the run because another trainer publishes it; undefined without such a conflict. */
  #conflict: MonitorError | undefined;
  /** The problem with the gateway that was reported last; undefined when there was none, or it is solved. */
  #reportedProblem: string | undefined;
  #isRefused = false;
  #hasEnded = false;

  constructor(run: PreparedRun, options: PublishedRunOptions) {
    const { config, folder, log, resumePoint } = run;
    this.#run = run;
    this.#options = options;
    this.#report = new ConsoleReport({
      output: options.output,
      folder: folder.path,
      intervalSeconds: config.reportInterval,
    });
    this.#control = new RunControl({
      learningRate: resumePoint?.checkpoint?.learningRate ?? config.learningRate,
      schedule: config.schedule,
      changes: resumePoint?.progress.learningRates,
      emittedStep: resumePoint?.progress.step,
      stopwatch: new Stopwatch(resumePoint?.checkpoint?.elapsedSeconds),
      emit: (body) => this.#emit(body),
    });
    this.#uploads = new FileUploads({
      ...{ identity: options.identity, runId: config.runId, folder: folder.path },
      onProblem: (reason) =>
        this.#report.print(
          `The gateway at ${options.identity.address} does not take files of this run (${reason}); training continues.`,
        ),
    });
    for (const file of resumePoint?.progress.files ?? []) this.#uploads.add(file);
    this.#publisher = new Publisher({
      identity: options.identity,
      log,
      commands: options.commands.trainingCommands,
      isResumed: !run.isNew,
      onRefused: (why, reason) => this.#handleRefusal(why, reason),
      onProblem: (problem) => this.#reportProblem(problem),
      onStored: () => this.#uploads.start(),
      onLoss: (count) => {
        this.#uploads.restart();
        this.#report.print(
          `The gateway at ${options.identity.address} has lost ${count} events of this run that it had acknowledged; they are sent again.`,
        );
      },
      onReject: ({ seq, issues }) =>
        this.#report.print(`The gateway rejected event ${seq}: ${JSON.stringify(issues)}`),
    });
  }

  /**
   * Trains until the run ends, then starts the delivery of the events that the gateway has not acknowledged.
   * @returns The status with which the run ended.
   * @throws MonitorError `run.taken` when another trainer publishes this run to the gateway.
   */
  async train(): Promise<FinishedStatus> {
    const { config, lock, tensorboard } = this.#run;
    const { commands, signal, onDelivery, failedStarts } = this.#options;
    const control = this.#control;
    const stop = (): void => control.stop(signal.reason);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    commands.currentRun = { runId: config.runId, control, emit: (body) => this.#emit(body) };
    try {
      const status = await trainRun({
        ...this.#run,
        emit: (body) => this.#emit(body),
        announced: () => this.#publisher.announced(),
        display: (body) => this.#report.display(body),
        control,
        failedStarts,
      });
      if (this.#conflict) throw this.#conflict;
      return status;
    } finally {
      this.#hasEnded = true;
      commands.currentRun = undefined;
      signal.removeEventListener('abort', stop);
      lock.release();
      tensorboard.close();
      onDelivery(this.#deliver());
    }
  }

  #emit(body: EventBody): void {
    const event = this.#run.log.append(body);
    this.#report.display(body);
    this.#publisher.sendPending();
    const file = fileNamedBy(body);
    if (file) this.#uploads.add(file);
    this.#run.tensorboard.append(event);
  }

  #handleRefusal(why: Refusal, reason: string): void {
    const { identity } = this.#options;
    const { runId } = this.#run.config;
    this.#uploads.cancel();
    this.#isRefused = true;
    // Once the gateway has accepted the run, a refusal ends only publishing: the training continues.
    this.#conflict = this.#publisher.wasAccepted ? undefined : conflictError(why, this.#run, identity);
    if (!this.#conflict) {
      this.#report.print(
        why === 'logUnreadable'
          ? `Publishing ends, because ${reason}; training continues without the gateway.`
          : `The gateway refuses this run (${why}: ${reason}); training continues without it.`,
      );
      return;
    }
    this.#control.stop({ status: 'failed', reason: `the gateway has another run ${runId}` });
    if (this.#hasEnded) this.#report.print(this.#conflict.message);
  }

  #reportProblem(problem: string | undefined): void {
    const { address } = this.#options.identity;
    this.#reportedProblem = problem;
    if (problem === undefined) this.#report.print(`Connected to the gateway at ${address}.`);
    else
      this.#report.print(
        `The gateway at ${address} does not accept this run yet: ${problem}. Retrying until it does.`,
      );
  }

  async #deliver(): Promise<void> {
    const { abortDelivery, identity } = this.#options;
    const { folder, log } = this.#run;
    const undelivered = await this.#publisher.close(abortDelivery);
    if (undelivered > 0) {
      const { problem } = this.#publisher;
      // A message before may have named the gateway and the reason.
      const isReported = this.#isRefused || (problem !== undefined && problem === this.#reportedProblem);
      const gateway = isReported ? 'The gateway' : `The gateway at ${identity.address}`;
      const reason = isReported || problem === undefined ? '' : ` (${problem})`;
      const consequence = log.isInPlace
        ? `all are in ${folder.path}`
        : `${log.path} was removed or replaced in the meantime, so they are lost`;
      this.#report.print(
        `${gateway} did not accept ${formatPlural(undelivered, 'event')}${reason}; ${consequence}.`,
      );
    }
    const unsent = await this.#uploads.close(abortDelivery);
    if (unsent > 0 && undelivered === 0)
      this.#report.print(
        `The gateway at ${identity.address} did not accept ${formatPlural(unsent, 'file')} of this run; all are in ${folder.path}.`,
      );
    log.close();
  }
}

/**
 * Returns the error that ends a new run whose id another trainer uses: viewers would never see this one, and another id
 * solves the conflict. Undefined for other refusals, such as that of a gateway which has events under this id already: the run then
 * continues unpublished.
 */
function conflictError(
  why: Refusal,
  { config }: PreparedRun,
  { address }: PublisherIdentity,
): MonitorError | undefined {
  if (why !== 'runTaken') return undefined;
  return new MonitorError(
    'run.taken',
    `--run-id: expected an id that no other trainer uses, but the gateway at ${address} has a trainer for ${config.runId} connected`,
  );
}
