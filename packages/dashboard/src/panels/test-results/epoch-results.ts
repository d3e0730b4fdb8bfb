import type { EpochData, SamplesData, TestResults } from '../../state/event-data.ts';
import { formatCount } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { type StepWord, unitOf } from '../../state/run-words.ts';
import { type CountedCell, nonZeroCells } from './confusion-matrix.ts';

/** The results of one epoch on the test images. */
export interface EpochResults {
  epoch: EpochData;
  /** The previous epoch with results by class, for comparison; undefined without one. */
  previous: EpochData | undefined;
  /**
   * The samples of the epoch or, until they have arrived, of the last epoch with samples before it; null when there are none.
   */
  samples: SamplesData | null;
  classes: readonly string[];
  /** Number of test images left out because they belong to, or were classified as, a class that the run does not have. */
  outside?: number;
  /** The unit of the test set, in the plural: `images`, `rows`. */
  unit: string;
  /** Number of images and step of results from the probe images, before the first epoch has ended; undefined for an epoch. */
  provisional?: { images: number; step: number; stepWord: StepWord };
}

/** Describes provisional results: "Provisional: 500 of the test images, at batch 40". */
export const provisionalNote = (
  { images, step, stepWord }: NonNullable<EpochResults['provisional']>,
  unit: string,
): string => `Provisional: ${formatCount(images)} of the test ${unit}, at ${stepWord} ${formatCount(step)}`;

/**
 * Returns the results of the last epoch that has results by class, or else of the last epoch, with its samples or those of an
 * earlier one; null without epochs and samples.
 */
export function epochResults({
  epochs,
  samples,
  started,
}: Pick<Run, 'epochs' | 'samples' | 'started'>): EpochResults | null {
  const tested = epochs.filter(({ test }) => hasClassResults(test));
  const [previous, epoch] = [tested.at(-2), tested.at(-1) ?? epochs.at(-1) ?? sampledEpoch(samples)];
  if (!epoch) return null;
  const samplesOfEpoch = samples.findLast((data) => data.epoch <= epoch.epoch);
  const classes = classesOf(started, epoch);
  const within = withinClasses(epoch, classes.length);
  return {
    ...within,
    previous: previous && withinClasses(previous, classes.length).epoch,
    samples: samplesOfEpoch ?? null,
    classes,
    unit: unitOf(started),
  };
}

/** Returns whether there are results for each class. */
export const hasClassResults = (test: EpochData['test']): test is TestResults =>
  Boolean(test && (test.confusion ?? test.confusionCells ?? test.perClass ?? test.recall ?? test.precision));

/** Returns an epoch without results for a run that sends samples and no epochs. */
function sampledEpoch(samples: Run['samples']): EpochData | undefined {
  const epoch = samples.at(-1)?.epoch;
  return epoch === undefined ? undefined : { epoch, step: 0 };
}

/** Returns the names of the classes or, where the run has not announced them, their numbers. */
function classesOf(started: Run['started'], { test }: EpochData): readonly string[] {
  if (started?.dataset?.classes) return started.dataset.classes;
  const lengths = [test?.confusion, test?.perClass, test?.recall, test?.precision].map(
    (list) => list?.length ?? 0,
  );
  const cells = nonZeroCells(test).map(({ truth, predicted }) => Math.max(truth, predicted) + 1);
  const count = cells.reduce((most, each) => Math.max(most, each), Math.max(...lengths));
  return Array.from({ length: count }, (_, index) => String(index));
}

/**
 * Returns an epoch with the results of the first `count` classes only. Runs that were stored before the gateway compared
 * results with the announced classes may have results of other classes.
 */
function withinClasses(epoch: EpochData, count: number): Pick<EpochResults, 'epoch' | 'outside'> {
  const { test } = epoch;
  const cells = nonZeroCells(test);
  const kept = cells.filter(({ truth, predicted }) => truth < count && predicted < count);
  const lists = [test?.perClass, test?.precision, test?.recall];
  if (!test || (kept.length === cells.length && lists.every((list) => (list?.length ?? 0) <= count)))
    return { epoch };
  const first = <T>(list: readonly T[] | null | undefined): T[] | undefined => list?.slice(0, count);
  const sum = (of: readonly CountedCell[]): number => of.reduce((total, cell) => total + cell.count, 0);
  const confusionCells = kept.map(({ truth, predicted, count: images }) => [truth, predicted, images]);
  return {
    epoch: {
      ...epoch,
      test: {
        ...{ ...test, confusion: null, confusionCells },
        ...{ perClass: first(test.perClass), precision: first(test.precision), recall: first(test.recall) },
      },
    },
    outside: sum(cells) - sum(kept),
  };
}
