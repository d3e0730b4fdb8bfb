import { encode, type RunConfig, runConfigSchema } from '@mnist-monitor/shared';
import { maxSummaryBytes, type StoredSummary } from './store.ts';

/** The lengths in characters to which texts are cut, tried in turn. With the last, every summary is small enough. */
const textLengths = [500, 100, 20, 8];

type Shorten = (summary: StoredSummary) => StoredSummary;

/** Removes the lists that a viewer needs least, keeping the first layer, which version 1 of the protocol requires. */
const withoutLists: Shorten = (summary) => {
  const { started, finished } = summary;
  const model = started?.model && { ...started.model, layers: started.model.layers.slice(0, 1) };
  return {
    ...summary,
    started: started && { ...started, ...(model && { model }) },
    finished: finished && { ...finished, files: [] },
    shortened: true,
  };
};

/** Removes the values for each class, since a data set may have many classes. */
const withoutClasses: Shorten = (summary) => {
  const { started, epoch } = summary;
  const { loss = null, accuracy = null } = epoch?.test ?? {};
  return {
    ...summary,
    started: started && {
      ...started,
      ...(started.dataset && { dataset: { ...started.dataset, classes: null } }),
    },
    epoch: epoch && { ...epoch, ...(epoch.test && { test: { loss, accuracy } }) },
  };
};

/** Removes the publisher's own settings and the values of its metrics, and all GPUs but the first. */
const withoutOwnValues: Shorten = (summary) => {
  const { started, batch, epoch, finished } = summary;
  const known = ([key]: [string, unknown]): boolean => key in runConfigSchema.shape;
  return {
    ...summary,
    started: started && {
      ...started,
      config: Object.fromEntries(Object.entries(started.config).filter(known)) as RunConfig,
      // The summary itself has the name and the tags, too.
      name: null,
      tags: null,
      ...(started.device && { device: { ...started.device, gpus: null } }),
    },
    batch: batch && { ...batch, metrics: null },
    epoch: epoch && { ...epoch, metrics: null },
    finished: finished && { ...finished, metrics: null },
  };
};

/** Removes the definitions of custom metrics. */
const withoutMeanings: Shorten = (summary) => ({
  ...summary,
  started: summary.started && { ...summary.started, metrics: null },
});

const shorterTexts = textLengths.map(
  (length): Shorten =>
    (summary) =>
      withTexts(summary, length),
);

/** The steps that shorten a summary, applied in this order until it is small enough. */
const shortenings: readonly Shorten[] = [
  ...[withoutLists, withoutClasses, withoutOwnValues, withoutMeanings],
  ...shorterTexts,
];
/** The steps for a run that viewers of version 1 can read: they require the values of each class. */
const version1Shortenings: readonly Shorten[] = [withoutLists, withoutOwnValues, ...shorterTexts];

/**
 * Shortens a summary so that its JSON, without the title and note, has at most `maxSummaryBytes`. A larger summary loses
 * its files and all layers except the first, then the values of each class, then the publisher's own settings, the
 * values of its metrics, and their meanings; if that is not enough, its long texts are cut. A summary that fits version 1
 * of the protocol still does. The predicted classes of an epoch, and their confidences, are never part of a summary.
 */
export function shortenSummary(summary: StoredSummary): StoredSummary {
  let shortened = withoutPredictions(summary);
  for (const shorten of summary.version === 1 ? version1Shortenings : shortenings) {
    if (isSmallEnough(shortened)) break;
    shortened = shorten(shortened);
  }
  return shortened;
}

function withoutPredictions(summary: StoredSummary): StoredSummary {
  const { epoch } = summary;
  if (epoch?.test?.predictions == null && epoch?.test?.confidences == null) return summary;
  const { predictions, confidences, ...test } = epoch.test;
  return { ...summary, epoch: { ...epoch, test } };
}

const isSmallEnough = ({ title, note, ...rest }: StoredSummary): boolean =>
  Buffer.byteLength(encode(rest)) <= maxSummaryBytes;

/** Cuts the texts of the events' data. Ids and times are short by their schemas. */
const withTexts = (summary: StoredSummary, length: number): StoredSummary => ({
  ...summary,
  started: mapTexts(summary.started, (text) => cut(text, length)),
  finished: mapTexts(summary.finished, (text) => cut(text, length)),
});

/** The fields with a text that is invalid when it is cut; each is short. */
const exactFields = new Set(['digest', 'status']);

function mapTexts<T>(data: T, change: (text: string) => string): T {
  const map = (value: unknown): unknown => {
    if (typeof value === 'string') return change(value);
    if (Array.isArray(value)) return value.map(map);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, exactFields.has(name) ? each : map(each)]),
    );
  };
  return map(data) as T;
}

/** Cuts a text to a length, without splitting a surrogate pair. */
const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
