import type { RunStartedData, RunSummary } from './event-data.ts';

/** Where the loss of a run left its usual range. */
export interface Divergence {
  step: number;
  loss: number;
  /** In milliseconds since 1970. */
  time: number;
}

/** Losses above the limit: the step and the time of the first one, and the latest loss above it. */
export interface LossRise extends Divergence {
  /** Number of these losses, at most `risenBatches`. */
  count: number;
  /** Number of consecutive losses since then that are not above the limit. */
  recovered: number;
}

/** A loss above this multiple of the losses of guessing and of the first step has diverged. */
const knownFactor = 3;
/**
 * A loss above this multiple of the first loss has diverged, if the loss of guessing is not known: the losses of networks that
 * compete may rise tenfold.
 */
const unknownFactor = 100;
/** Number of consecutive losses above the limit from which the run has diverged: a single one may be an outlier. */
export const risenBatches = 5;
/**
 * Number of consecutive losses that are not above the limit from which a run that has diverged has recovered. Fewer would report
 * a loss that swings around the limit as diverging again and again.
 */
export const recoveredBatches = 20;

/** Returns the loss of a network that guesses, which is as likely to name each class; undefined when it is not known. */
function guessingLoss(started: RunStartedData | null | undefined): number | undefined {
  const classes = started?.dataset?.classes?.length ?? 0;
  const unit = started?.lossUnit ?? 'nats';
  if (classes < 2) return undefined;
  return unit === 'nats' ? Math.log(classes) : unit === 'bits' ? Math.log2(classes) : undefined;
}

/** Returns the loss above which a run has diverged; NaN when it cannot be known. */
export function divergenceLimit(started: RunStartedData | null, firstLoss = Number.NaN): number {
  const guessing = guessingLoss(started);
  if (guessing === undefined) return firstLoss > 0 ? firstLoss * unknownFactor : Number.NaN;
  return Math.max(guessing, firstLoss) * knownFactor;
}

/**
 * Returns the rise after one more loss: null if there is none or the run has recovered, and the same object while nothing in it
 * changes.
 * @param losses The number of losses that this one counts as: several for a mean, which is no outlier.
 */
export function nextRise(
  rise: LossRise | null,
  point: Divergence,
  { limit, losses = 1 }: { limit: number; losses?: number },
): LossRise | null {
  const hasDiverged = rise !== null && rise.count >= risenBatches;
  if (!(point.loss > limit)) {
    if (!hasDiverged || rise.recovered + losses >= recoveredBatches) return null;
    return { ...rise, recovered: rise.recovered + losses };
  }
  const count = Math.min(risenBatches, (rise?.count ?? 0) + losses);
  if (!rise) return { ...point, count, recovered: 0 };
  if (!hasDiverged) return { ...rise, loss: point.loss, count };
  return rise.recovered === 0 ? rise : { ...rise, recovered: 0 };
}

/** What the losses of a run have shown so far. */
export interface LossHistory {
  /** The first loss that is not a finite number. */
  diverged: Divergence | null;
  rise: LossRise | null;
}

/** The results by which a run that has ended is judged: those of its summary, or its latest ones on the page. */
export type LastResults = Pick<RunSummary, 'started' | 'batch' | 'epoch' | 'finished'>;

/** A divergence whose place is known only to a page that has all losses. */
export type FoundDivergence = Pick<Divergence, 'loss'> & Partial<Divergence>;

/**
 * Returns how a run diverges, or has diverged; null if it has not. While a run goes on, its losses decide: one is not finite, or the
 * latest ones are far above its start. Once it is completed, its last results decide, which a summary contains too, so that the
 * page and the list of runs agree.
 * @param history The losses of the run, for the place of the divergence; null when they are not known, as in the list of runs.
 */
export function divergenceOf(results: LastResults, history: LossHistory | null): FoundDivergence | null {
  const { diverged = null, rise = null } = history ?? {};
  if (results.finished?.status !== 'completed') return diverged ?? lastingRise(rise);
  const loss = divergedLoss(results);
  return loss === undefined ? null : (diverged ?? rise ?? { loss });
}

/** Returns a rise that is no outlier; null for any other. */
export const lastingRise = (rise: LossRise | null): LossRise | null =>
  rise && rise.count >= risenBatches ? rise : null;

/**
 * Returns the loss that shows that the last results of a run are those of a network that has diverged: one that is not finite, or one
 * far above that of guessing, with an accuracy of at most twice that of guessing. Undefined if there is none.
 */
export function divergedLoss({ started, batch, epoch, finished }: LastResults): number | undefined {
  const losses = [batch?.loss, epoch?.train?.loss, epoch?.test?.loss, finished?.test?.loss];
  const known = losses.filter((loss) => typeof loss === 'number');
  const accuracy = finished?.test?.accuracy ?? epoch?.test?.accuracy ?? batch?.accuracy;
  const classes = started?.dataset?.classes?.length ?? 0;
  const guesses = typeof accuracy === 'number' && accuracy <= 2 / classes;
  return (
    known.find((loss) => !Number.isFinite(loss)) ??
    known.find((loss) => guesses && loss > divergenceLimit(started, 0))
  );
}
