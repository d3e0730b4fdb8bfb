import type { Version1EventOf as EventOf, MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { NewEvent, StoredEvent } from '../../src/store/store.ts';

const anyEvent: MonitorEvent = sampleRun({ runId: 'a' })[0]!;

/** Returns an event that is stored as the given text, which need not be valid. */
export const rawEvent = (seq: number, json: string): NewEvent => ({
  seq,
  type: 'notice',
  json,
  event: anyEvent,
});

/** Returns events of 20 kB each. */
export const largeEvents = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, index) => rawEvent(index + 1, 'x'.repeat(20_000)));

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
