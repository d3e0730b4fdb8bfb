import { batchesPerEpoch, totalSteps } from '../../state/axis.ts';
import { capitalize, formatCount, formatLoss, formatPercent } from '../../state/format.ts';
import { countsEpochs, type Run } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';

/** The steps that the timeline can show. */
export interface StepRange {
  first: number;
  last: number;
}

/** Returns the first and the last step that a run has measurements of; null before the second step. */
export function stepRange({ steps, step }: Pick<Run, 'steps' | 'step'>): StepRange | null {
  const first = steps.length > 0 ? (steps.x[0] as number) : 1;
  return step > first ? { first, last: step } : null;
}

/**
 * Describes the position of the timeline: "Batch 214 of 1,180, epoch 2: loss 0.2134, accuracy 93.4 %", or "Now: batch 1,180".
 * @param end The word for the end of the timeline.
 */
export function timelineText(run: Run, step: number | null, end = 'Now'): string {
  const word = stepWordOf(run);
  if (step === null) return `${end}: ${word} ${formatCount(run.step)}`;
  const total = totalSteps(run) ?? run.step;
  const epochNumber = countsEpochs(run) ? undefined : epochAt(run, step);
  const epoch = epochNumber ? `, epoch ${formatCount(epochNumber)}` : '';
  const loss = run.steps.at('loss', step);
  const accuracy = run.steps.at('accuracy', step);
  const figures = [
    loss === undefined || (Number.isNaN(loss) && run.steps.sparse.has('loss'))
      ? ''
      : `loss ${formatLoss(loss)}`,
    accuracy === undefined || Number.isNaN(accuracy) ? '' : `accuracy ${formatPercent(accuracy)}`,
  ].filter(Boolean);
  const position = `${capitalize(word)} ${formatCount(step)} of ${formatCount(total)}${epoch}`;
  return figures.length > 0 ? `${position}: ${figures.join(', ')}` : position;
}

/** Returns the epoch of a step; undefined while the length of an epoch is not known. */
function epochAt(run: Run, step: number): number | undefined {
  // Where the rows are epochs, their lengths may differ.
  if (run.byEpoch) return run.epochs.find((epoch) => epoch.step >= step)?.epoch;
  const perEpoch = batchesPerEpoch(run);
  return perEpoch && Math.ceil(step / perEpoch);
}

/** Returns the ends of the epochs as shares of the range; none where the marks would touch. */
export function epochMarks({ epochs }: Pick<Run, 'epochs'>, { first, last }: StepRange): number[] {
  const inside = epochs.filter(({ step }) => step > first && step < last);
  return inside.length > markLimit ? [] : inside.map(({ step }) => (step - first) / (last - first));
}

/** Maximum number of marks: with more, they would touch on a phone. */
const markLimit = 50;

/** Returns the position that `elapsedMs` of playing lead to, when the whole range takes `seconds`. */
export const playedPosition = (
  position: number,
  elapsedMs: number,
  { range: { first, last }, seconds }: { range: StepRange; seconds: number },
): number => Math.min(last, position + ((last - first) * elapsedMs) / 1_000 / seconds);
