import { type Version1EventOf as EventOf, eventLimits, type MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { NewEvent, StoredEvent } from '../../src/store/store.ts';

const anyEvent: MonitorEvent = sampleRun({ runId: 'a' })[0]!;

/** Returns an event that is stored as the given text, which need not be valid. */
export const rawEvent = (seq: number, json: string): NewEvent => ({
  seq,
  type: 'notice',
  json,
  event: anyEvent,
  version: 1,
});

/** Returns events of 20 kB each. */
export const largeEvents = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, index) => rawEvent(index + 1, JSON.stringify('x'.repeat(20_000))));

/** Returns events as a store returns them, without the decoded form. */
export const asStored = (events: readonly StoredEvent[]): StoredEvent[] =>
  events.map(({ seq, type, json }) => ({ seq, type, json }));

/** Returns a first and a last event as large as the schemas allow. All texts are control characters, long in JSON. */
export function largestFirstAndLast(runId = 'a'): [EventOf<'run.started'>, EventOf<'run.finished'>] {
  const [name, line] = ['\u0001'.repeat(200), '\u0001'.repeat(2_000)];
  const [first] = sampleRun({ runId });
  const { data } = first as EventOf<'run.started'>;
  const layer = { name, type: name, outputShape: [1, 2, 3, 4], parameters: 1 };
  const started: EventOf<'run.started'> = {
    ...(first as EventOf<'run.started'>),
    data: {
      ...data,
      config: { ...data.config, optimizer: name, schedule: name, engine: name },
      device: {
        ...{ engine: name, kind: 'gpu', name, threads: 1, reason: line, kernels: name, precision: name },
        precisionReason: line,
        gpu: { name, memoryBytes: 1, driver: name, computeCapability: name },
      },
      model: { layers: Array(200).fill(layer), parameters: 200 },
      dataset: { name, classes: Array(10).fill(name) },
    },
  };
  const finished: EventOf<'run.finished'> = {
    ...{ v: 1, runId, seq: 2, time: first!.time, type: 'run.finished' },
    data: {
      ...{ status: 'completed', reason: line, test: { loss: Number.NaN, accuracy: 0.9 } },
      ...{ bestEpoch: 1, seconds: 1, files: Array(100).fill(line) },
    },
  };
  return [started, finished];
}

/** The events that a summary contains, as large as version 2 allows: texts of control characters, which JSON escapes. */
export function largestEventsOfVersion2(runId = 'a'): MonitorEvent[] {
  const text = (length: number): string => '\u0001'.repeat(length);
  const of = (seq: number, type: string, data: object): MonitorEvent =>
    ({
      v: 1,
      runId,
      seq,
      time: `2026-11-30T10:00:00.${'1'.repeat(1_000)}+00:00`,
      type,
      data,
    }) as MonitorEvent;
  const names = Array.from({ length: eventLimits.metrics }, (_, index) => `${index}`.padStart(64, 'm'));
  const metrics = Object.fromEntries(names.map((name) => [name, -1.2345678901234567e-100]));
  const meaning = {
    direction: 'minimize',
    unit: text(eventLimits.unit),
    group: text(eventLimits.metricGroup),
  };
  const classes = eventLimits.maxClasses;
  const [count, fraction, measure] = [
    Number.MAX_SAFE_INTEGER,
    1.2345678901234567e-100,
    -1.2345678901234567e-100,
  ];
  const fractions = Array(classes).fill(fraction);
  const [name, line] = [text(200), text(2_000)];
  const gpu = { name, memoryBytes: count, driver: name, computeCapability: name };
  const known = {
    ...{
      epochs: count,
      batchSize: count,
      learningRate: fraction,
      optimizer: name,
      schedule: name,
      engine: name,
    },
    ...{ augment: false, seed: -count, trainSize: count, testSize: count },
  };
  return [
    of(1, 'run.started', {
      name,
      tags: Array.from({ length: eventLimits.tags }, () => text(eventLimits.tag)),
      config: {
        ...known,
        ...Object.fromEntries(
          Array.from({ length: eventLimits.configKeys - 10 }, (_, index) => [
            `setting ${index}`,
            'x'.repeat(40),
          ]),
        ),
      },
      device: {
        ...{ kind: name, name, engine: name, threads: count, reason: line, kernels: name, precision: name },
        ...{ precisionReason: line, gpu, gpus: Array(eventLimits.gpus).fill(gpu) },
      },
      model: {
        // As many as fit into an event.
        layers: Array(150).fill({ name, type: name, outputShape: Array(8).fill(count), parameters: count }),
        parameters: count,
      },
      dataset: {
        ...{ name, classes: Array.from({ length: classes }, () => text(eventLimits.className / 4)) },
        testImages: { digest: '0f'.repeat(32), count: 99_999, width: 12, height: 12, channels: 1 },
      },
      totals: { epochs: count, batchesPerEpoch: count, steps: count },
      ...{ unit: text(eventLimits.unit), lossUnit: text(eventLimits.unit) },
      metrics: Object.fromEntries(names.map((each) => [each, meaning])),
    }),
    of(2, 'batch', {
      ...{
        step: count,
        epoch: count,
        batch: count,
        loss: measure,
        accuracy: fraction,
        learningRate: fraction,
      },
      ...{ throughput: fraction, imagesPerSecond: fraction, elapsedSeconds: fraction, etaSeconds: fraction },
      metrics,
    }),
    of(3, 'epoch', {
      ...{
        epoch: count,
        step: count,
        train: { loss: measure, accuracy: fraction },
        seconds: fraction,
        metrics,
      },
      test: {
        ...{
          loss: measure,
          accuracy: fraction,
          perClass: fractions,
          recall: fractions,
          precision: fractions,
        },
        confusionCells: Array(eventLimits.confusionCells / 10).fill([999, 999, 1]),
        calibration: Array(eventLimits.calibrationBins).fill({
          count,
          confidence: fraction,
          accuracy: fraction,
        }),
        predictions: 'AAAA'.repeat(eventLimits.predictionBytes / 3),
      },
    }),
    of(4, 'run.finished', {
      ...{ status: 'interrupted', reason: line, test: { loss: measure, accuracy: fraction }, metrics },
      ...{ bestEpoch: count, seconds: fraction, files: Array(65).fill(line) },
    }),
  ];
}
