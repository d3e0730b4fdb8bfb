import type { EpochData, SamplesData } from '@mnist-monitor/shared/browser';
import type { Run } from '../../state/run.ts';

/** The results of one epoch on the test images. */
export interface EpochResults {
  epoch: EpochData;
  /** The previous epoch, for comparison. */
  previous: EpochData | undefined;
  /** Null when the page has no samples of the epoch. */
  samples: SamplesData | null;
  classes: readonly string[];
}

/** Returns the results of the epoch `chosen`, or of the latest epoch if `chosen` is null; null while there are none. */
export function epochResults(
  { epochs, samples, started }: Pick<Run, 'epochs' | 'samples' | 'started'>,
  chosen: number | null,
): EpochResults | null {
  const until = chosen === null ? epochs : epochs.filter(({ epoch }) => epoch <= chosen);
  const [previous, epoch] = [until.at(-2), until.at(-1)];
  if (!epoch || !started) return null;
  const samplesOfEpoch =
    chosen === null ? samples.at(-1) : samples.find((data) => data.epoch === epoch.epoch);
  return { epoch, previous, samples: samplesOfEpoch ?? null, classes: started.dataset.classes };
}
