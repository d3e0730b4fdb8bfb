import type { EventBody, FinishedStatus, ScheduleName } from '@mnist-monitor/shared';
import { notice } from './notices.ts';
import { Stopwatch } from './stopwatch.ts';

/** The status and the reason with which a run ends early. */
export interface RunEnd {
  status: Exclude<FinishedStatus, 'completed'>;
  reason: string;
}

/** A learning rate that a command has set. */
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
  /** For a run that resumes after an interruption: the changes in its log. */
  changes?: readonly LearningRateChange[] | undefined;
  /**
   * For a run that resumes after an interruption: the last step in its log. Requests take effect after that step, not in
   * the steps that the run repeats.
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
  /** Wakes a paused run, so that it reads the requests. */
  #wake = (): void => {};

  constructor(options: RunControlOptions) {
    this.#options = options;
    this.stopwatch = options.stopwatch ?? new Stopwatch();
    this.#changes = [...(options.changes ?? [])];
  }

  /** Pauses the run after its current step. */
  pause(): void {
    this.#pauseRequested = true;
  }

  /** Continues a paused run. */
  resume(): void {
    this.#pauseRequested = false;
    this.#wake();
  }

  /** Ends the run after its current step; only the first call counts. */
  stop(end: RunEnd): void {
    this.#end ??= end;
    this.#wake();
  }

  /** Sets the constant rate, or the peak of the schedule, from the next step on. */
  setLearningRate(learningRate: number): void {
    this.#requestedRate = learningRate;
    this.#wake();
  }

  /** Returns the constant rate, or the peak of the schedule, for a step. */
  learningRateAt(step: number): number {
    const change = this.#changes.findLast(({ after }) => after < step);
    return change?.learningRate ?? this.#options.learningRate;
  }

  /** The requested end of the run; undefined while none is requested. */
  get end(): RunEnd | undefined {
    return this.#end;
  }

  /**
   * Executes the requests that arrived during a step, and waits while the run is paused.
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
    this.#options.emit(notice('info', 'run.paused', `Paused after step ${step}.`, { step }));
  }

  #leavePause(step: number): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.stopwatch.resume();
    this.#options.emit(notice('info', 'run.resumed', `Resumed after step ${step}.`, { step }));
  }

  #applyLearningRate(step: number): void {
    const learningRate = this.#requestedRate;
    if (learningRate === undefined || this.#end) return;
    this.#requestedRate = undefined;
    this.#changes.push({ after: step, learningRate });
    const what = this.#options.schedule === 'constant' ? 'Learning rate' : 'Peak of the learning rate';
    const message = `${what} set to ${learningRate} after step ${step}.`;
    this.#options.emit(notice('info', 'learning_rate.set', message, { step, value: learningRate }));
  }
}
