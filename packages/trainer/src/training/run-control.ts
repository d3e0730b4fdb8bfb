import type { EventBody, FinishedStatus } from '@mnist-monitor/shared';
import { notice } from './notices.ts';
import type { ScheduleName } from './schedule.ts';
import { Stopwatch } from './stopwatch.ts';

/** Why a run ends before its time. */
export interface RunEnd {
  status: Exclude<FinishedStatus, 'completed'>;
  reason: string;
}

/** From after this step on, another learning rate holds. */
export interface LearningRateChange {
  after: number;
  learningRate: number;
}

export interface RunControlOptions {
  /** The constant rate, or the peak of the schedule. */
  learningRate: number;
  schedule: ScheduleName;
  /** Takes a notice of what was done. */
  emit: (notice: EventBody) => void;
  stopwatch?: Stopwatch | undefined;
  /** What was set before, when a run goes on. */
  changes?: readonly LearningRateChange[] | undefined;
  /** Up to here the run was told before it was cut short; until it has come this far, it repeats what was. */
  toldStep?: number | undefined;
}

/** What can be asked of a run while it trains. Training asks between two steps whether it may go on. */
export class RunControl {
  /** The run's time; held while it is paused. */
  readonly stopwatch: Stopwatch;
  readonly #options: RunControlOptions;
  readonly #changes: LearningRateChange[];
  #end: RunEnd | undefined;
  #wantsPause = false;
  #isPaused = false;
  #wantedRate: number | undefined;
  #wake = (): void => {};

  constructor(options: RunControlOptions) {
    this.#options = options;
    this.stopwatch = options.stopwatch ?? new Stopwatch();
    this.#changes = [...(options.changes ?? [])];
  }

  /** Holds the run after the step that it is in. */
  pause(): void {
    this.#wantsPause = true;
  }

  resume(): void {
    this.#wantsPause = false;
    this.#wake();
  }

  /** Ends the run after the step that it is in; the first reason counts. */
  stop(end: RunEnd): void {
    this.#end ??= end;
    this.#wake();
  }

  /** Sets the constant rate, or the peak of the schedule, from the next step on. */
  setLearningRate(learningRate: number): void {
    this.#wantedRate = learningRate;
    this.#wake();
  }

  /** The constant rate, or the peak of the schedule, for a step. */
  learningRateAt(step: number): number {
    const change = this.#changes.findLast(({ after }) => after < step);
    return change?.learningRate ?? this.#options.learningRate;
  }

  /** Why the run ends before its time; undefined while it does not. */
  get end(): RunEnd | undefined {
    return this.#end;
  }

  /** Does what was asked for, after this step, and holds as long as the run is paused. @returns Whether it goes on. */
  async mayGoOn(step: number): Promise<boolean> {
    const place = Math.max(step, this.#options.toldStep ?? 0);
    this.#setRate(place);
    while (this.#wantsPause && !this.#end) {
      this.#enterPause(place);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#setRate(place);
    }
    if (!this.#end) this.#leavePause(place);
    return !this.#end;
  }

  #enterPause(step: number): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.stopwatch.hold();
    this.#options.emit(notice('info', 'run.paused', `Paused after step ${step}.`, { step }));
  }

  #leavePause(step: number): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.stopwatch.letGo();
    this.#options.emit(notice('info', 'run.resumed', `Resumed after step ${step}.`, { step }));
  }

  #setRate(step: number): void {
    const learningRate = this.#wantedRate;
    if (learningRate === undefined || this.#end) return;
    this.#wantedRate = undefined;
    this.#changes.push({ after: step, learningRate });
    const what = this.#options.schedule === 'constant' ? 'Learning rate' : 'Peak of the learning rate';
    const message = `${what} set to ${learningRate} after step ${step}.`;
    this.#options.emit(notice('info', 'learning_rate.set', message, { step, value: learningRate }));
  }
}
