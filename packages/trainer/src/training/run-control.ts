import type { FinishedStatus, ScheduleName } from '@mnist-monitor/shared';
import type { EventBody } from '../event-data.ts';
import { notice } from './notices.ts';
import { Stopwatch } from './stopwatch.ts';

/** Status and reason of a run that ends early. */
export interface RunEnd {
  status: Exclude<FinishedStatus, 'completed'>;
  reason: string;
}

/** A change of the learning rate by a command. */
export interface LearningRateChange {
  /** The last step with the previous rate. */
  after: number;
  learningRate: number;
}

/** Options of `RunControl`. */
export interface RunControlOptions {
  /** The constant rate, or the peak of the schedule. */
  learningRate: number;
  schedule: ScheduleName;
  /** Receives a notice of each pause, each continuation and each change of the learning rate. */
  emit: (notice: EventBody) => void;
  stopwatch?: Stopwatch | undefined;
  /** Changes of the learning rate in the log of a resumed run; none for a new run. */
  changes?: readonly LearningRateChange[] | undefined;
  /**
   * The last step in the log of a resumed run, which may repeat steps before it. A new learning rate takes effect only after this
   * step, so that repeated steps give the logged results, and no notice names an earlier step.
   */
  emittedStep?: number | undefined;
}

/**
 * Pauses, ends and changes a run while it trains. Requests take effect in `shouldContinue`, which `train` calls between two
 * steps and between two batches of an evaluation.
 */
export class RunControl {
  /** The training time of the run; stopped while the run is paused. */
  readonly stopwatch: Stopwatch;
  readonly #options: RunControlOptions;
  readonly #changes: LearningRateChange[];
  #end: RunEnd | undefined;
  #pauseRequested = false;
  #isPaused = false;
  #requestedRate: number | undefined;
  /** Who gave the last command of each kind, for its notice. */
  readonly #givenBy: { pause?: string | undefined; resume?: string | undefined; rate?: string | undefined } =
    {};
  /** Wakes a paused run, so that it handles new requests. */
  #wake = (): void => {};

  constructor(options: RunControlOptions) {
    this.#options = options;
    this.stopwatch = options.stopwatch ?? new Stopwatch();
    this.#changes = [...(options.changes ?? [])];
  }

  /** Pauses the run after its current step. */
  pause(by?: string): void {
    this.#givenBy.pause = by;
    this.#pauseRequested = true;
  }

  /** Continues a paused run. */
  resume(by?: string): void {
    this.#givenBy.resume = by;
    this.#pauseRequested = false;
    this.#wake();
  }

  /** Ends the run after its current step; only the first call counts. */
  stop(end: RunEnd): void {
    this.#end ??= end;
    this.#wake();
  }

  /** Sets the constant rate, or the peak of the schedule, from the next step on. */
  setLearningRate(learningRate: number, by?: string): void {
    this.#givenBy.rate = by;
    this.#requestedRate = learningRate;
    this.#wake();
  }

  /** Returns the constant rate, or the peak of the schedule, for a step. */
  baseLearningRateAt(step: number): number {
    const change = this.#changes.findLast(({ after }) => after < step);
    return change?.learningRate ?? this.#options.learningRate;
  }

  /** The requested end of the run; undefined while none is requested. */
  get end(): RunEnd | undefined {
    return this.#end;
  }

  /**
   * Handles the requests that arrived during a step, and waits while the run is paused.
   * @param step The step that has just finished.
   * @returns Whether training continues.
   */
  async shouldContinue(step: number): Promise<boolean> {
    const effectiveStep = Math.max(step, this.#options.emittedStep ?? 0);
    this.#applyLearningRate(effectiveStep);
    while (this.#pauseRequested && !this.#end) {
      this.#enterPause(effectiveStep);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#applyLearningRate(effectiveStep);
    }
    if (!this.#end) this.#leavePause(effectiveStep);
    return !this.#end;
  }

  #enterPause(step: number): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.stopwatch.pause();
    this.#options.emit(
      notice('info', 'run.paused', `Paused after step ${step}.`, { step, by: this.#givenBy.pause }),
    );
  }

  #leavePause(step: number): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.stopwatch.resume();
    this.#options.emit(
      notice('info', 'run.resumed', `Resumed after step ${step}.`, { step, by: this.#givenBy.resume }),
    );
  }

  #applyLearningRate(step: number): void {
    const learningRate = this.#requestedRate;
    if (learningRate === undefined || this.#end) return;
    this.#requestedRate = undefined;
    this.#changes.push({ after: step, learningRate });
    const what = this.#options.schedule === 'constant' ? 'Learning rate' : 'Peak of the learning rate';
    const message = `${what} set to ${learningRate} after step ${step}.`;
    this.#options.emit(
      notice('info', 'learning_rate.set', message, { step, value: learningRate, by: this.#givenBy.rate }),
    );
  }
}
