import type { Finding } from './findings.ts';
import { formatLoss, formatPercent } from './format.ts';
import { hasEnded, type Phase } from './phase.ts';
import type { Run } from './run.ts';
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
    const isRunPhase = phase === 'running' || phase === 'paused' || phase === 'stalled' || hasEnded(phase);
    if (!run || !caughtUp || !isRunPhase) return [];
    const before = this.#phase;
    const divergence = findings.find(({ code }) => divergenceCodes.includes(code));
    const wasDiverging = this.#isDiverging;
    this.#phase = phase;
    this.#isDiverging = divergence !== undefined;
    if (before === null) return [];
    const news: RunNews[] = [];
    if (divergence && !wasDiverging) news.push({ title: `${name} diverges`, text: divergence.message });
    if (hasEnded(phase) && !hasEnded(before))
      news.push({
        title: `${name}: ${statusNames[phase as keyof typeof statusNames].toLowerCase()}`,
        text: resultOf(run),
      });
    if (phase === 'stalled' && before !== 'stalled')
      news.push({ title: `${name} has stalled`, text: 'No data arrives from its trainer.' });
    return news;
  }
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
