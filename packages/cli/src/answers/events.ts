import type { EventOf, RunSeries } from '@mnist-monitor/shared';
import { type Measure, rounded, shortText, withoutEmpty } from './values.ts';

/** Returns a curve as pairs of step and value. */
export function describeHistory({ runId, x, series }: RunSeries): object {
  return {
    runId,
    x,
    curves: series.map((curve) => ({
      field: curve.field,
      points: curve.x.map((position, at) => [position, rounded(curve.y[at] as Measure)]),
    })),
  };
}

/** Returns a notice, whose code and message are its publisher's. */
export const describeNotice = ({ data, time }: EventOf<'notice'>): object =>
  withoutEmpty({
    level: data.level,
    time,
    step: data.step,
    value: rounded(data.value),
    texts: withoutEmpty({
      code: shortText(data.code),
      message: shortText(data.message),
      by: data.by == null ? null : shortText(data.by),
    }),
  });

/** Returns the last notices of a run, the newest first. */
export function describeNotices(notices: readonly EventOf<'notice'>[], limit: number): object {
  return { total: notices.length, notices: notices.slice(-limit).reverse().map(describeNotice) };
}

/**
 * Returns what a run gets wrong: the surest wrong samples of its last epoch, and the classes that it confuses most often.
 * @param classes Names of the classes; empty where the run has none.
 */
export function describeMistakes(
  samples: EventOf<'samples'> | undefined,
  epoch: EventOf<'epoch'> | undefined,
  classes: readonly string[],
  limit: number,
): object {
  const wrong = (samples?.data.items ?? [])
    .filter(({ label, prediction }) => label !== prediction)
    .map(({ index, label, prediction, probabilities }) => ({
      testImage: index,
      trueClass: label,
      predictedClass: prediction,
      probability: rounded(Math.max(...probabilities.filter((each) => typeof each === 'number'))),
    }))
    .sort((a, b) => Number(b.probability) - Number(a.probability))
    .slice(0, limit);
  const confused = confusedPairs(epoch).slice(0, limit);
  const named = new Set([...wrong, ...confused].flatMap((each) => [each.trueClass, each.predictedClass]));
  return withoutEmpty({
    epoch: samples?.data.epoch ?? epoch?.data.epoch,
    surestMistakes: wrong,
    mostConfused: confused,
    texts: {
      classNames: Object.fromEntries([...named].map((at) => [at, shortText(classes[at] ?? String(at))])),
    },
  });
}

/** Returns the pairs of classes that the test of an epoch confused, the most frequent first. */
function confusedPairs(epoch: EventOf<'epoch'> | undefined) {
  const { confusion, confusionCells } = epoch?.data.test ?? {};
  const cells =
    confusionCells ??
    (confusion ?? []).flatMap((row, trueClass) =>
      row.map((count, predicted) => [trueClass, predicted, count]),
    );
  return cells
    .map(([trueClass = 0, predictedClass = 0, count = 0]) => ({ trueClass, predictedClass, count }))
    .filter(({ trueClass, predictedClass, count }) => trueClass !== predictedClass && count > 0)
    .sort((a, b) => b.count - a.count);
}
