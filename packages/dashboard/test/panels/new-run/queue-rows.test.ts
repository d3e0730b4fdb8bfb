import { describe, expect, it } from '@jest/globals';
import type { QueuedStart } from '@mnist-monitor/shared';
import { isFull, queueNote, queueRows, waitingNote } from '../../../src/panels/new-run/queue-rows.ts';

const queueOf = (...data: QueuedStart['data'][]): QueuedStart[] =>
  data.map((start, index) => ({ queuedId: `command-${index}`, data: start }));

describe('the queue of starts', () => {
  it('names each start, or counts it, and lists its settings and who added it', () => {
    const [first, second, third] = queueRows([
      ...queueOf({ name: 'wide', tags: ['sweep'], epochs: 1_200, learningRate: 0.005, seed: 12_345 }, {}),
      { queuedId: 'command-2', data: { augment: true }, by: 'sweep.py' },
    ]);
    expect(first).toEqual({
      ...{ queuedId: 'command-0', name: 'wide', tags: ['sweep'] },
      facts: ['Epochs 1,200', 'Learning rate 0.005', 'Seed 12345'],
    });
    expect(second).toMatchObject({ name: 'Run 2', tags: [], facts: ['Settings of the trainer'] });
    expect(third).toMatchObject({ name: 'Run 3', facts: ['Augment images on', 'by sweep.py'] });
  });

  it('is described at the start of the form, too', () => {
    expect(waitingNote([])).toBe('The runs in the queue begin after it, one after the other.');
    expect(waitingNote(queueOf({}, {}))).toBe(
      '2 runs wait for its end in the queue, at the end of this form.',
    );
  });

  it('is full with 50 starts', () => {
    const queue = queueOf(...Array.from({ length: 50 }, () => ({})));
    expect(queueNote([])).toBe('The queue is empty.');
    expect(queueNote(queue.slice(0, 1))).toBe('1 run waits for the end of the current run.');
    expect(queueNote(queue.slice(0, 49))).toBe('49 runs wait for the end of the current run.');
    expect(isFull(queue.slice(0, 49))).toBe(false);
    expect(isFull(queue)).toBe(true);
    expect(queueNote(queue)).toBe('The queue is full: 50 runs wait. Cancel one to add another.');
  });
});
