import type { EpochData, SamplesData } from '../../state/complete-data.ts';
import type { Run } from '../../state/run.ts';

/** The results of one epoch on the test images. */
export interface EpochResults {
  epoch: EpochData;
  /** The previous epoch, for comparison. */
  previous: EpochData | undefined;
  /**
   * The samples of the epoch. For the latest epoch, whose samples arrive after its results, the latest ones up to it.
   * Null when there are none.
   */
  samples: SamplesData | null;
  classes: readonly string[];
}

/** Returns the results of the last epoch up to `chosen`, or of the latest epoch if `chosen` is null; null without any. */
export function epochResults(
  { epochs, samples, started }: Pick<Run, 'epochs' | 'samples' | 'started'>,
  chosen: number | null,
): EpochResults | null {
  const until = chosen === null ? epochs : epochs.filter(({ epoch }) => epoch <= chosen);
  const [previous, epoch] = [until.at(-2), until.at(-1)];
  if (!epoch || !started) return null;
  const samplesOfEpoch =
    chosen === null
      ? samples.findLast((data) => data.epoch <= epoch.epoch)
      : samples.find((data) => data.epoch === epoch.epoch);
  return { epoch, previous, samples: samplesOfEpoch ?? null, classes: started.dataset.classes };
}
