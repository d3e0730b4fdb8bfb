import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { type HeaderFigure, headerFigures } from '../../../src/panels/header/header-figures.ts';
import { phaseOf } from '../../../src/state/phase.ts';
import { latestDataOf } from '../../../src/state/session.ts';
import { regressionRun } from '../../support/kinds-of-runs.ts';
import { connectedMessages, sessionOf } from '../../support/session.ts';

const view = { smoothing: 0.85, target: 0.99 };
const events = sampleRun({ epochs: 4, batchesPerEpoch: 20 });

/** Returns the events of a run whose epochs have these test accuracies, up to the end of the last one. */
function runWith(...accuracies: readonly number[]): MonitorEvent[] {
  const changed = events.map((event): MonitorEvent => {
    if (event.type !== 'epoch') return event;
    const accuracy = accuracies[event.data.epoch - 1] ?? 0;
    return { ...event, data: { ...event.data, test: { ...event.data.test, accuracy } } };
  });
  const end = changed.findIndex((event) => event.type === 'epoch' && event.data.epoch === accuracies.length);
  return changed.slice(0, end + 1);
}

function figuresOf(shown: readonly MonitorEvent[], choices = view): readonly HeaderFigure[] {
  const session = sessionOf(connectedMessages(shown));
  return headerFigures({ session, latest: latestDataOf(session), phase: phaseOf(session), view: choices });
}

const notesOf = (shown: readonly MonitorEvent[], choices = view): string[] =>
  figuresOf(shown, choices)[0]?.notes.map((note) => note.replaceAll('\u00a0', ' ')) ?? [];

describe('the test accuracy', () => {
  it('comes first, with its change, whether it is the best, and how far it is from the target', () => {
    expect(figuresOf(runWith(0.9, 0.98))[0]).toMatchObject({ field: 'test', value: '98.00\u00a0%' });
    expect(notesOf(runWith(0.9, 0.98))).toEqual([
      'after epoch 2, up 8.00 points',
      'the best so far',
      '1.00 points short of 99 %',
    ]);
    expect(notesOf(runWith(0.98, 0.97))).toEqual([
      'after epoch 2, down 1.00 points',
      'best 98.00 % after epoch 1',
      '2.00 points short of 99 %',
    ]);
    expect(notesOf(runWith(0.98, 0.98))[0]).toBe('after epoch 2, unchanged');
  });

  it('is the best one only if no epoch was better, whatever was measured at the end', () => {
    const endedWith = (accuracy: number, ...epochs: readonly number[]): string[] => {
      const events = runWith(...epochs);
      const last = events.at(-1) as MonitorEvent;
      const data = {
        status: 'completed' as const,
        reason: 'done',
        seconds: 9,
        files: [],
        test: { accuracy },
      };
      return notesOf([...events, { ...last, seq: last.seq + 1, type: 'run.finished', data }]);
    };
    expect(endedWith(0.98, 0.9, 0.98)).toContain('no epoch was better');
    expect(endedWith(0.98, 0.98, 0.98)).toContain('no epoch was better');
    expect(endedWith(0.97, 0.9, 0.98)).toContain('best 98.00 % after epoch 2');
    expect(endedWith(0.99, 0.9, 0.98)).toContain('no epoch was better');
  });

  it('is not called the best one after an epoch whose loss is not a number', () => {
    const events = runWith(0.97, 0.1).map((event) =>
      event.type === 'epoch' && event.data.epoch === 2
        ? ({ ...event, data: { ...event.data, test: { accuracy: 0.1, loss: Number.NaN } } } as MonitorEvent)
        : event,
    );
    expect(notesOf(events)).toContain('best 97.00 % after epoch 1');
  });

  it('says when the target was first reached, also after a worse epoch', () => {
    expect(notesOf(runWith(0.9, 0.992, 0.985))[2]).toMatch(/^99 % reached after epoch 2, \d+ s$/);
    expect(notesOf(runWith(0.9, 0.992), { ...view, target: 0.995 })[2]).toBe('0.30 points short of 99.5 %');
  });

  it('has neither a change nor a best one after a single epoch, and no target where there is none', () => {
    const session = sessionOf(connectedMessages(runWith(0.9)));
    const input = { session, latest: latestDataOf(session), phase: phaseOf(session) };
    const [test] = headerFigures({ ...input, view: { smoothing: 0, target: null } });
    expect(test?.notes).toEqual(['after epoch 1']);
  });

  it('is that of the probe images before the first epoch has ended', () => {
    const started = events.slice(0, 5);
    const pixels = Buffer.from(new Uint8Array(8)).toString('base64');
    const values = Buffer.from(Int8Array.from([9, 1, 2, 8])).toString('base64');
    const probe = {
      ...{ v: 1, runId: started[0]?.runId, seq: 6, time: started[4]?.time, type: 'probe' },
      data: {
        ...{ step: 4, size: 2 },
        images: { first: 0, indices: [3, 5], labels: [0, 0], pixels, width: 2, height: 2, channels: 1 },
        logits: { classes: 2, scale: 0.1, values },
      },
    } as unknown as MonitorEvent;
    expect(figuresOf([...started, probe])[0]).toMatchObject({
      value: '50.00\u00a0%',
      notes: ['on 2 images, batch 4', 'on all of them after epoch 1'],
    });
    expect(figuresOf(started)[0]).toMatchObject({ value: '–', notes: ['measured after each epoch'] });
  });
});

it('of a run without accuracy, the metric with a direction or else the first one follows the loss', () => {
  const declared = regressionRun('a');
  const bare = declared.map(
    (event): MonitorEvent =>
      event.type === 'run.started' ? { ...event, data: { ...event.data, metrics: {} } } : event,
  );
  const [first] = sessionOf(connectedMessages(bare)).run?.metrics.keys() ?? [];
  for (const run of [declared, bare])
    expect(figuresOf(run).map(({ field }) => field)).toEqual(['loss', 'metric']);
  expect(figuresOf(bare)[1]).toMatchObject({ name: first, notes: [] });
});

it('the loss is smoothed as its curve is, with the value of the batch and that of the test below', () => {
  const shown = runWith(0.9);
  const batch = shown.findLast((event) => event.type === 'batch');
  const raw = batch?.type === 'batch' ? batch.data.loss : Number.NaN;
  const loss = (smoothing: number): HeaderFigure | undefined =>
    figuresOf(shown, { ...view, smoothing }).find(({ field }) => field === 'loss');
  expect(Number(loss(0.85)?.value)).not.toBeCloseTo(raw, 3);
  expect(loss(0.85)?.notes[0]).toBe(`smoothed; this batch ${loss(0)?.value}`);
  expect(loss(0.85)?.notes[1]).toMatch(/^test \d\.\d+, after epoch 1$/);
  expect(Number(loss(0)?.value)).toBeCloseTo(raw, 3);
  expect(loss(0)?.notes[0]).toBe('this batch');
});
