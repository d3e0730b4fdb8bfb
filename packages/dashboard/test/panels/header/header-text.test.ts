import { describe, expect, it } from '@jest/globals';
import type { LiveClientMessage, MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { HeaderFigure } from '../../../src/panels/header/header-figures.ts';
import {
  type HeaderText,
  headerText,
  type ProgressPart,
  tabTitle,
} from '../../../src/panels/header/header-text.ts';
import { connectedMessages, sessionOf } from '../../support/session.ts';

const events = sampleRun({ epochs: 3, batchesPerEpoch: 20 });
const textAfter = (messages: readonly LiveClientMessage[], now = 0) => headerText(sessionOf(messages), now);
const withPlainSpaces = (text: string): string => text.replaceAll('\u00a0', ' ');
const figure = ({ figures }: HeaderText, field: HeaderFigure['field']) =>
  figures.find((each) => each.field === field);
const part = ({ parts }: HeaderText, field: ProgressPart['field']): string =>
  withPlainSpaces(parts.find((each) => each.field === field)?.text ?? '');

describe('the header', () => {
  it('shows the progress of a run', () => {
    const text = textAfter(connectedMessages(events.slice(0, 34)));
    expect(text).toMatchObject({
      phaseName: 'Running',
      title: '20261124-100000-test',
      percent: '46\u00a0%',
    });
    expect(text.parts.map(({ text }) => withPlainSpaces(text))).toEqual([
      'Epoch 2 of 3',
      'batch 8 of 20',
      '1,707 images per second',
      '8 s of training',
    ]);
    expect(figure(text, 'loss')?.isBad).toBe(false);
    expect(withPlainSpaces(text.detail)).toBe(
      'MNIST · batch size 512 · learning rate 0.01 · tensorflow on CPU',
    );
    expect(tabTitle(text)).toBe(`${text.percent} · ${figure(text, 'loss')?.value} — MNIST Training Monitor`);
  });

  it('shows no progress of a run without a start, whose length nobody knows', () => {
    const joined = events.slice(20, 34).map((event, index) => ({ ...event, seq: index + 1 }));
    const text = textAfter(connectedMessages(joined));
    expect(text).toMatchObject({ phase: 'running', progress: null, percent: '' });
    expect(tabTitle(text)).toBe(`${figure(text, 'loss')?.value} — MNIST Training Monitor`);
    expect(textAfter(connectedMessages([])).progress).toBe(0);
  });

  it('shows the current learning rate, or the peak of a schedule', () => {
    const withSchedule = (schedule: string) =>
      events.slice(0, 34).map((event) => {
        if (event.type === 'run.started')
          return { ...event, data: { ...event.data, config: { ...event.data.config, schedule } } };
        return event.type === 'batch' ? { ...event, data: { ...event.data, learningRate: 0.005 } } : event;
      });
    expect(textAfter(connectedMessages(withSchedule('constant'))).detail).toContain('learning rate 0.005');
    expect(textAfter(connectedMessages(withSchedule('one-cycle'))).detail).toContain('learning rate 0.01');
  });

  it('advances the clock between events', () => {
    const seconds = (now: number): string =>
      part(textAfter(connectedMessages(events.slice(0, 34)), now), 'elapsed');
    const [start, later] = [Number.parseInt(seconds(0), 10), Number.parseInt(seconds(4_000), 10)];
    expect(later - start).toBe(4);
  });

  it('shows how a run has ended', () => {
    const text = textAfter(connectedMessages(events));
    expect(text).toMatchObject({ phaseName: 'Completed', progress: 1, remaining: 'Done' });
    expect(figure(text, 'test')?.notes[0]).toBe('final');
    expect(withPlainSpaces(text.detail)).toBe('All epochs done · 18 s · best epoch 3');
    expect(tabTitle(text)).toBe(`${figure(text, 'test')?.value} · completed — MNIST Training Monitor`);
  });

  it('shows the reason of a failure, and less than 100 %', () => {
    const failed = events.slice(0, 34);
    const last = events.at(-1);
    if (last?.type !== 'run.finished') throw new TypeError('expected the sample run to end');
    const data = {
      ...last.data,
      status: 'failed' as const,
      reason: 'out of memory',
      test: null,
      bestEpoch: null,
    };
    const text = textAfter(connectedMessages([...failed, { ...last, data }]));
    expect(text.detail).toMatch(/^Out of memory · /);
    expect(text.progress).toBeLessThan(0.6);
    expect(tabTitle(text)).toBe('Failed — MNIST Training Monitor');
  });

  it('marks a diverged run, whether it is running or completed', () => {
    const diverged = events.map((event) => {
      if (event.type === 'batch' && event.data.step >= 4)
        return { ...event, data: { ...event.data, loss: Number.NaN } };
      if (event.type !== 'epoch') return event;
      return { ...event, data: { ...event.data, test: { ...event.data.test, loss: Number.NaN } } };
    });
    const running = textAfter(connectedMessages(diverged.slice(0, 34)));
    expect(running).toMatchObject({ colorPhase: 'interrupted' });
    expect(figure(running, 'loss')).toMatchObject({ value: 'NaN', isBad: true });
    expect(running.phaseName).toBe('Diverged at batch 4');
    const completed = textAfter(connectedMessages(diverged));
    expect(completed).toMatchObject({ phaseName: 'Diverged at batch 4', colorPhase: 'interrupted' });
    expect(withPlainSpaces(completed.detail)).toBe('All epochs done · 18 s');
    expect(tabTitle(completed)).toBe('Diverged at batch 4 — MNIST Training Monitor');
  });

  it('names the batch of an accuracy that later batches do not have', () => {
    const sparse = events.map((event) =>
      event.type === 'batch' && event.data.step > 4
        ? { ...event, data: { ...event.data, accuracy: null } }
        : event,
    );
    const text = textAfter(connectedMessages(sparse.slice(0, 34)));
    const note = (shown: HeaderText, field: HeaderFigure['field']) => figure(shown, field)?.notes[0];
    expect(note(text, 'loss')).toMatch(/^smoothed; this batch \d/);
    expect(note(text, 'accuracy')).toMatch(/^smoothed; batch 4 \d/);
    expect(note(textAfter(connectedMessages(events.slice(0, 34))), 'accuracy')).toMatch(
      /^smoothed; this batch \d/,
    );
  });

  it('marks a run whose loss has blown up without being infinite, until it falls again', () => {
    const losses = (loss: (step: number) => number) =>
      events.map((event) =>
        event.type === 'batch' ? { ...event, data: { ...event.data, loss: loss(event.data.step) } } : event,
      );
    const blownUp = losses((step) => (step < 10 ? 2.3 : 1e10));
    const running = textAfter(connectedMessages(blownUp.slice(0, 34)));
    expect(running).toMatchObject({
      phaseName: 'Diverging since batch 10',
      colorPhase: 'interrupted',
    });
    expect(figure(running, 'loss')?.isBad).toBe(false);
    expect(tabTitle(running)).toBe('Diverging since batch 10 — MNIST Training Monitor');
    expect(running.remaining).toBe('');
    const withResults = (list: readonly MonitorEvent[], test: { loss: number; accuracy: number }) =>
      list.map((event) =>
        event.type === 'epoch' || event.type === 'run.finished'
          ? ({ ...event, data: { ...event.data, test } } as MonitorEvent)
          : event,
      );
    const guessing = { loss: 1e10, accuracy: 0.1 };
    const completed = textAfter(connectedMessages(withResults(blownUp, guessing)));
    expect(completed).toMatchObject({ phaseName: 'Diverged at batch 10', remaining: '' });
    const outlier = losses((step) => (step % 10 === 5 ? 1e10 : 2.3));
    const high = losses((step) => 40 - step / 2);
    const recovered = losses((step) => (step > 10 && step < 20 ? 1e10 : 2.3));
    for (const healthy of [outlier, high, recovered])
      expect(textAfter(connectedMessages(healthy))).toMatchObject({ colorPhase: 'completed' });
  });

  it('marks a run that reports only epochs, from the first whose loss is not a number', () => {
    const epochs = events
      .filter(({ type }) => type !== 'batch')
      .map((event, index) =>
        event.type === 'epoch' && event.data.epoch > 1
          ? {
              ...event,
              seq: index + 1,
              data: { ...event.data, train: { ...event.data.train, loss: Number.NaN } },
            }
          : { ...event, seq: index + 1 },
      );
    expect(textAfter(connectedMessages(epochs)).phaseName).toMatch(/^Diverged at \w+ /);
  });

  it('distinguishes a silent trainer from a disconnected one', () => {
    const stalled = (connected: boolean): LiveClientMessage[] => [
      ...connectedMessages(events.slice(0, 34)),
      {
        type: 'status',
        runId: '20261124-100000-test',
        status: 'stalled',
        connected,
        commands: [],
        viewers: 1,
      },
    ];
    expect(withPlainSpaces(textAfter(stalled(true), 20_000).detail)).toMatch(
      /^No data from the trainer for 20 s\./,
    );
    expect(textAfter(stalled(false)).detail).toMatch(/^The trainer is not connected\./);
  });

  it('has no results and no progress of a run that does not exist', () => {
    const closed = { name: 'closed', reason: 'There is no run x.', code: 'runNotFound' } as const;
    const text = textAfter([{ type: 'connection', state: closed }]);
    expect(text).toMatchObject({ phaseName: 'Not found', figures: [], progress: null, percent: '' });
    const known = textAfter([...connectedMessages(events), { type: 'connection', state: closed }]);
    expect(known).toMatchObject({ phaseName: 'Not found', percent: '100\u00a0%' });
  });

  it('has nothing of the run before while a trainer prepares the next one', () => {
    const starting = [{ runId: null, name: 'Next' }];
    const text = textAfter([...connectedMessages(events), { type: 'trainers', waiting: 0, starting }]);
    expect(text).toMatchObject({
      phaseName: 'Starting…',
      title: 'Next',
      parts: [],
      remaining: '',
      percent: '0\u00a0%',
    });
    expect(text.figures.map(({ value }) => value)).toEqual(['–', '–', '–']);
    expect(tabTitle(text)).toBe('Starting… — MNIST Training Monitor');
  });

  it('shows the name that a run was given', () => {
    expect(textAfter(connectedMessages(events, { title: 'Baseline' })).title).toBe('Baseline');
  });

  it('advises what to do while there is no run', () => {
    expect(textAfter(connectedMessages([]))).toMatchObject({ title: 'No run yet', progress: 0, parts: [] });
    expect(textAfter(connectedMessages([])).figures.map(({ value }) => value)).toEqual(['–', '–', '–']);
    expect(textAfter([...connectedMessages([]), { type: 'trainers', waiting: 1 }]).detail).toMatch(
      /Start it with “New run”/,
    );
  });
});
