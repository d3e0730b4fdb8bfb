import type { EventOf, RunSummary } from '@mnist-monitor/shared/browser';

// A value that a run does not have, or that is not known, is null or undefined; panels leave it out.

export type { RunSummary };
export type RunStartedData = EventOf<'run.started'>['data'];
export type BatchData = EventOf<'batch'>['data'];
/** The results of an epoch, with the step at which it ended. */
export type EpochData = EventOf<'epoch'>['data'] & { step: number };
export type TestResults = NonNullable<EpochData['test']>;
export type SamplesData = EventOf<'samples'>['data'];
export type SamplePrediction = SamplesData['items'][number];
export type SystemData = EventOf<'system'>['data'];
export type GpuData = NonNullable<SystemData['gpus']>[number];
export type NoticeData = EventOf<'notice'>['data'];
export type FigureData = EventOf<'figure'>['data'];
export type LayersData = EventOf<'layers'>['data'];
export type ProbeData = EventOf<'probe'>['data'];
export type SnapshotData = EventOf<'snapshot'>['data'];
export type RunFinishedData = EventOf<'run.finished'>['data'];

/** Returns the throughput of a batch in units per second; version 1 of the protocol names it `imagesPerSecond`. */
export const throughputOf = ({ throughput, imagesPerSecond }: BatchData): number | undefined =>
  throughput ?? imagesPerSecond ?? undefined;

/** Returns the GPUs of a measurement: all of `gpus`, or the single one in `gpu`. */
export const gpusOf = ({ gpu, gpus }: SystemData): readonly GpuData[] =>
  gpus && gpus.length > 0 ? gpus : gpu ? [gpu] : [];
