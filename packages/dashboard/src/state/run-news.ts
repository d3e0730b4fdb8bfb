import type { RunStatus } from '@mnist-monitor/shared/browser';
import { divergenceOf } from './divergence.ts';
import type { Finding } from './findings.ts';
import { formatLoss, formatPercent } from './format.ts';
import { hasEnded, type Phase } from './phase.ts';
import { lastResultsOf, type Run } from './run.ts';
import { statusNames } from './run-summaries.ts';

/** Something about a run that a person who looks elsewhere wants to know at once. */
export interface RunNews {
  title: string;
  text: string;
}

/** The state of the followed run, which the watch compares with the one before. */
export interface WatchedRun {
  run: Run | null;
  /** The name of the run. */
  name: string;
  phase: Phase;
  findings: readonly Finding[];
  /** Whether all stored events have arrived: before, they are the past of the run. */
  caughtUp: boolean;
}

/** Codes of the findings that a run diverges. */
const divergenceCodes: readonly string[] = ['training.diverged', 'training.diverging'];

/** Watches the followed run for its end, a divergence, and a stall, which occur while the page is open. */
export class RunWatch {
  #run: Run | null = null;
  /** The last phase of the run itself, not of the connection; null before the stored events have arrived. */
  #phase: Phase | null = null;
  #isDiverging = false;

  /** Returns what has happened since the last call. */
  update({ run, name, phase, findings, caughtUp }: WatchedRun): RunNews[] {
    if (run !== this.#run) {
      this.#run = run;
      this.#phase = null;
    }
    if (!run || !caughtUp || !isStatus(phase)) return [];
    const before = this.#phase;
    const divergence = findings.find(({ code }) => divergenceCodes.includes(code));
    const wasDiverging = this.#isDiverging;
    this.#phase = phase;
    this.#isDiverging = divergence !== undefined;
    if (before === null) return [];
    const news: RunNews[] = [];
    const endsNow = hasEnded(phase) && !hasEnded(before);
    if (divergence && !wasDiverging && !endsNow)
      news.push({ title: `${name} diverges`, text: divergence.message });
    if (endsNow) news.push({ title: `${name}: ${endOf(run, phase)}`, text: resultOf(run) });
    if (phase === 'stalled' && before !== 'stalled')
      news.push({ title: `${name} has stalled`, text: 'No data arrives from its trainer.' });
    return news;
  }
}

/** Returns whether a phase is a status of the run itself, and no state of the connection. */
const isStatus = (phase: Phase): phase is RunStatus => Object.hasOwn(statusNames, phase);

/** Returns how a run has ended, in a word: "completed", "diverged". */
function endOf(run: Run, phase: RunStatus): string {
  if (phase === 'completed' && divergenceOf(lastResultsOf(run), run)) return 'diverged';
  return statusNames[phase].toLowerCase();
}

/** Returns the result of a run that has ended: its test accuracy or its loss, and why it ended. */
function resultOf({ finished, batch, epochs }: Run): string {
  const test = finished?.test ?? epochs.at(-1)?.test;
  const results = [
    typeof test?.accuracy === 'number' && `Test accuracy ${formatPercent(test.accuracy)}`,
    typeof (test?.loss ?? batch?.loss) === 'number' && `loss ${formatLoss(test?.loss ?? batch?.loss)}`,
    finished?.reason,
  ];
  return results.filter(Boolean).join(', ');
}
