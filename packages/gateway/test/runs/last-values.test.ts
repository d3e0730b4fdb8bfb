import { describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import type { PublisherConnection } from '../../src/presence/publishers.ts';
import { LastValues } from '../../src/runs/last-values.ts';
import type { NewEvent } from '../../src/store/store.ts';

const event = (type: MonitorEvent['type'], data: object) =>
  ({ event: { type, data } }) as unknown as NewEvent;
const unknown = { step: undefined, loss: undefined, accuracy: undefined, testAccuracy: undefined };

/** Returns the last values of the connected runs. */
function open(connected: string[] = ['a']) {
  const local = () =>
    connected.map((runId): [string, PublisherConnection] => [runId, {} as PublisherConnection]);
  const values = new LastValues(
    {
      get local() {
        return local();
      },
    },
    { statusOf: (runId) => (runId === 'a' ? 'running' : undefined) },
  );
  return { values, connected };
}

describe('the last values of a run', () => {
  test('are unknown before its first event, except for its status', () => {
    const { values } = open(['a', 'b']);
    expect(values.read()).toEqual([
      { runId: 'a', status: 'running', ...unknown },
      { runId: 'b', status: undefined, ...unknown },
    ]);
  });

  test('are those of its last batch, and the test accuracy of its last epoch', () => {
    const { values } = open();
    values.appended('a', [event('batch', { step: 1, loss: 3, accuracy: 0.1 })]);
    values.appended('a', [
      event('batch', { step: 2, loss: 2, accuracy: 0.5 }),
      event('epoch', { epoch: 1, step: 9, train: { loss: 7, accuracy: 0.7 }, test: { accuracy: 0.9 } }),
    ]);
    expect(values.read()).toEqual([
      { runId: 'a', status: 'running', step: 2, loss: 2, accuracy: 0.5, testAccuracy: 0.9 },
    ]);
    values.appended('a', [event('batch', { step: 3, loss: 1 }), event('epoch', { epoch: 2 })]);
    expect(values.read()).toMatchObject([{ step: 3, loss: 1, accuracy: undefined, testAccuracy: undefined }]);
  });

  test('are those of its last epoch if it reports no batches', () => {
    const { values } = open();
    values.appended('a', [
      event('epoch', { epoch: 1, train: { loss: 2, accuracy: 0.5 }, test: { accuracy: 0.6 } }),
    ]);
    expect(values.read()).toMatchObject([{ step: 1, loss: 2, accuracy: 0.5, testAccuracy: 0.6 }]);
    values.appended('a', [event('epoch', { epoch: 2, step: 40 })]);
    expect(values.read()).toMatchObject([{ step: 40, loss: undefined, accuracy: undefined }]);
    values.appended('a', [event('epoch', { epoch: 3 })]);
    expect(values.read()).toMatchObject([{ step: 40 }]);
  });

  test('have the highest step of its custom metrics', () => {
    const { values } = open();
    values.appended('a', [event('metrics', { step: 0 })]);
    expect(values.read()).toMatchObject([{ step: 0 }]);
    values.appended('a', [event('metrics', { step: 5 }), event('metrics', { step: 4 })]);
    expect(values.read()).toEqual([{ runId: 'a', status: 'running', ...unknown, step: 5 }]);
  });

  test('are forgotten when its publisher has disconnected, and kept apart from those of other runs', () => {
    const { values, connected } = open(['a', 'b']);
    for (const [index, runId] of ['a', 'b'].entries())
      values.appended(runId, [event('batch', { step: index + 1, loss: 1 })]);
    expect(values.read().map(({ step }) => step)).toEqual([1, 2]);
    connected.shift();
    expect(values.read().map(({ step }) => step)).toEqual([2]);
    connected.unshift('a');
    expect(values.read().map(({ step }) => step)).toEqual([undefined, 2]);
  });
});
