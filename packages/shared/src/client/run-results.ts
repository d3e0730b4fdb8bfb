import type { RunSummary } from '../schemas/runs.ts';

/** The fields of a summary that contain the results of a run. */
export type ResultFields = Pick<RunSummary, 'batch' | 'epoch' | 'finished'>;

/** Returns the loss on the test set, at the end of the run or after its last epoch; null when there is none. */
export const testLossOf = ({ epoch, finished }: ResultFields): number | null =>
  finished?.test?.loss ?? epoch?.test?.loss ?? null;

/** Returns the loss of a run: on the test set or, in a run without one, the last one in training; null when there is none. */
export const lossOf = (run: ResultFields): number | null =>
  testLossOf(run) ?? run.epoch?.train?.loss ?? run.batch?.loss ?? null;

/** Returns the training time of a run in seconds; null while the publisher has not reported one. */
export const secondsOf = ({ finished, batch }: Pick<ResultFields, 'finished' | 'batch'>): number | null =>
  finished?.seconds ?? batch?.elapsedSeconds ?? null;

/** Returns the custom metrics in a summary, by name: those of the end of the run, of its last epoch, or of its last batch. */
export const metricsOf = ({ batch, epoch, finished }: ResultFields): Record<string, number | null> => ({
  ...batch?.metrics,
  ...epoch?.metrics,
  ...finished?.metrics,
});
