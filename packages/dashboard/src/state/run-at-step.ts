import { memoizeLast } from './memoize-last.ts';
import { type Probe, probeAt } from './probe.ts';
import type { Run } from './run.ts';

/** The part of a run that was known at the position of the timeline. */
export interface RunAtStep {
  /** The step that the timeline is at; null at its end, which is now. */
  readonly step: number | null;
  /** The epochs that had ended, in ascending order. */
  readonly epochs: Run['epochs'];
  /** The samples of the epochs that had ended, in ascending order. */
  readonly samples: Run['samples'];
  /** The predictions of the epochs that had ended, in ascending order. */
  readonly predictions: Run['predictions'];
  readonly probe: Probe | null;
}

/**
 * Creates a function that returns what was known of a run at a step or, for null and from the latest step on, what is known now.
 * The function returns the same object until its content changes.
 */
export function createCachedRunAtStep(): (run: Run, step: number | null) => RunAtStep {
  const cached = memoizeLast(runAtStepOf);
  // Apart from the rest, which changes more often: the histories of all test images are computed from them.
  const predictionsUpTo = memoizeLast((predictions: Run['predictions'], step: number | null) =>
    step === null ? predictions : predictions.filter((epoch) => epoch.step <= step),
  );
  return (run, step) => {
    const shownStep = step !== null && step < run.step ? step : null;
    const predictions = predictionsUpTo(run.predictions, shownStep);
    return cached(run.epochs, run.samples, run.probe, predictions, shownStep);
  };
}

function runAtStepOf(
  epochs: Run['epochs'],
  samples: Run['samples'],
  probe: Run['probe'],
  predictions: Run['predictions'],
  step: number | null,
): RunAtStep {
  const shownProbe = probe && probeAt(probe, step);
  if (step === null) return { step, epochs, samples, predictions, probe: shownProbe };
  const ended = epochs.filter((epoch) => epoch.step <= step);
  const last = ended.at(-1)?.epoch ?? 0;
  const endedSamples = samples.filter(({ epoch }) => epoch <= last);
  return { step, epochs: ended, samples: endedSamples, predictions, probe: shownProbe };
}
