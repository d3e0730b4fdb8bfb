import {
  type EventOf,
  imageBytesOf,
  type RunSummary as Summary,
  type Version1EventOf,
} from '@mnist-monitor/shared/browser';

// The panels read the fields of version 1 of the protocol. A run of version 2 may leave most of them out: here, an unknown
// number becomes NaN, an unknown text an empty one, and an unknown list an empty one.

export type RunStartedData = Version1EventOf<'run.started'>['data'];
export type BatchData = Version1EventOf<'batch'>['data'];
export type EpochData = Version1EventOf<'epoch'>['data'];
export type SamplesData = Version1EventOf<'samples'>['data'];
export type SamplePrediction = SamplesData['items'][number];
export type SystemData = Version1EventOf<'system'>['data'];
export type NoticeData = Version1EventOf<'notice'>['data'];
export type RunFinishedData = Version1EventOf<'run.finished'>['data'];

/** The summary of a run, with the data of its events in the form that the panels read. */
export type RunSummary = Omit<Summary, 'started' | 'batch' | 'epoch' | 'finished'> & {
  started: RunStartedData | null;
  batch: BatchData | null;
  epoch: EpochData | null;
  finished: RunFinishedData | null;
};

const unknown = Number.NaN;

/** Replaces missing and null values by those of `defaults`. */
function withDefaults<D extends object>(given: object | null | undefined, defaults: D): D {
  const known = Object.entries(given ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return { ...defaults, ...Object.fromEntries(known) };
}

export function toRunStartedData(data: EventOf<'run.started'>['data']): RunStartedData {
  const { config, device, model, dataset, totals } = data;
  const noSettings = {
    ...{ epochs: unknown, batchSize: unknown, learningRate: unknown, optimizer: '', schedule: '' },
    ...{ augment: false, seed: unknown, trainSize: unknown, testSize: unknown, engine: device?.engine ?? '' },
  };
  const noDevice: RunStartedData['device'] = {
    ...{ engine: '', kind: 'cpu', name: '', threads: null, reason: '', kernels: '', gpu: null },
  };
  return {
    config: withDefaults(config, noSettings),
    device: withDefaults(device, noDevice),
    model: withDefaults(model, { layers: [], parameters: unknown }),
    dataset: withDefaults(dataset, { name: '', classes: [] }),
    totals: withDefaults(totals, { batchesPerEpoch: unknown, steps: unknown }),
  };
}

export const toBatchData = (data: EventOf<'batch'>['data']): BatchData => ({
  ...withDefaults(data, {
    ...{ epoch: unknown, batch: unknown, step: data.step, loss: data.loss, accuracy: unknown },
    ...{ learningRate: unknown, imagesPerSecond: data.throughput ?? unknown, elapsedSeconds: unknown },
  }),
  etaSeconds: data.etaSeconds ?? null,
});

const noScore = { loss: unknown, accuracy: unknown };

export function toEpochData(data: EventOf<'epoch'>['data'], lastStep = 0): EpochData {
  const { epoch, step, train, test, seconds } = data;
  return {
    ...{ epoch, step: step ?? lastStep, seconds: seconds ?? unknown },
    train: withDefaults(train, noScore),
    test: withDefaults(test, { ...noScore, perClass: [], confusion: [] }),
  };
}

/** The number of bytes of an image of version 1. */
const bytesPerImage = 784;

export function toSamplesData({ epoch, items, ...size }: EventOf<'samples'>['data']): SamplesData {
  if (imageBytesOf(size) !== bytesPerImage) return { epoch, items: [] };
  return {
    epoch,
    items: items.map(({ classes, ...item }) => {
      if (!classes) return item;
      const probabilities = Array<number>(Math.max(...classes) + 1).fill(0);
      classes.forEach((label, index) => {
        probabilities[label] = item.probabilities[index] ?? 0;
      });
      return { ...item, probabilities };
    }),
  };
}

export function toSystemData({ process, host, gpu }: EventOf<'system'>['data']): SystemData {
  const noGpu = { load: null, memoryUsedBytes: null, memoryTotalBytes: null };
  return {
    process: withDefaults(process, { cpu: unknown, memoryBytes: unknown }),
    host: withDefaults(host, { cpu: unknown, memoryUsedBytes: unknown, memoryTotalBytes: unknown }),
    gpu: gpu ? withDefaults(gpu, { ...noGpu, temperatureCelsius: null, powerWatts: null }) : null,
  };
}

export function toNoticeData({ step, value, ...notice }: EventOf<'notice'>['data']): NoticeData {
  return { ...notice, step: step ?? null, ...(typeof value === 'number' && { value }) };
}

export const toRunFinishedData = (data: EventOf<'run.finished'>['data']): RunFinishedData => ({
  ...data,
  test: data.test ? withDefaults(data.test, noScore) : null,
  bestEpoch: data.bestEpoch ?? null,
});

export function toRunSummary(summary: Summary): RunSummary {
  const { started, batch, epoch, finished } = summary;
  return {
    ...summary,
    started: started && toRunStartedData(started),
    batch: batch && toBatchData(batch),
    epoch: epoch && toEpochData(epoch, batch?.step),
    finished: finished && toRunFinishedData(finished),
  };
}
