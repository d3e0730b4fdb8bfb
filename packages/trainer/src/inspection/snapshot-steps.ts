import { eventLimits } from '@mnist-monitor/shared';

/** Number of snapshots that the ends of epochs may take; the others are within epochs. */
const maxEpochEnds = eventLimits.snapshots / 2;

/** The length of a run. */
export interface RunLength {
  epochs: number;
  batchesPerEpoch: number;
}

/**
 * Returns a function that decides whether a snapshot is due after a step: after the first one, at the ends of epochs (for many
 * epochs, of every second, third … and the last), and in between at equal distances. A run has at most 64 snapshots.
 */
export function snapshotSteps({ epochs, batchesPerEpoch }: RunLength): (step: number) => boolean {
  const steps = epochs * batchesPerEpoch;
  const epochsBetween = Math.ceil(epochs / maxEpochEnds);
  const epochEnds = Math.ceil(epochs / epochsBetween);
  const stepsBetween = Math.ceil(steps / (eventLimits.snapshots - 1 - epochEnds));
  return (step) =>
    step === 1 ||
    step === steps ||
    step % (epochsBetween * batchesPerEpoch) === 0 ||
    step % stepsBetween === 0;
}
