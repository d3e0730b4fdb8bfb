import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { Finding } from '../../src/state/findings.ts';
import { applyEvent, emptyRun, type Run } from '../../src/state/run.ts';
import { RunWatch, type WatchedRun } from '../../src/state/run-news.ts';

const finished = emptyRun('a');
for (const event of sampleRun({ runId: 'a' })) applyEvent(finished, event);
const diverged: Finding = {
  ...{
    level: 'error',
    code: 'training.diverged',
    message: 'The loss is NaN.',
    time: '2026-11-24T10:00:00.000Z',
  },
};

const watched = (run: Run, changes: Partial<WatchedRun> = {}): WatchedRun => ({
  ...{ run, name: 'Baseline', phase: 'running', findings: [], caughtUp: true },
  ...changes,
});

describe('news of a run', () => {
  it('are its end, with its result', () => {
    const watch = new RunWatch();
    expect(watch.update(watched(finished))).toEqual([]);
    const [news] = watch.update(watched(finished, { phase: 'completed' }));
    expect(news?.title).toBe('Baseline: completed');
    expect(news?.text).toMatch(/^Test accuracy [\d.]+\s%, loss 0\.\d+, all epochs done$/);
    expect(watch.update(watched(finished, { phase: 'completed' }))).toEqual([]);
  });

  it('are a divergence and a stall, once each', () => {
    const watch = new RunWatch();
    watch.update(watched(finished));
    expect(watch.update(watched(finished, { findings: [diverged] }))).toEqual([
      { title: 'Baseline diverges', text: 'The loss is NaN.' },
    ]);
    expect(watch.update(watched(finished, { findings: [diverged] }))).toEqual([]);
    expect(watch.update(watched(finished, { findings: [diverged], phase: 'stalled' }))).toEqual([
      { title: 'Baseline has stalled', text: 'No data arrives from its trainer.' },
    ]);
  });

  it('are not what had happened before the page was opened', () => {
    const watch = new RunWatch();
    expect(watch.update(watched(finished, { caughtUp: false, phase: 'completed' }))).toEqual([]);
    expect(watch.update(watched(finished, { phase: 'completed', findings: [diverged] }))).toEqual([]);
  });

  it('are not a lost connection, and come after it', () => {
    const watch = new RunWatch();
    watch.update(watched(finished));
    expect(watch.update(watched(finished, { phase: 'reconnecting' }))).toEqual([]);
    expect(watch.update(watched(finished, { phase: 'stopped' }))).toHaveLength(1);
  });

  it('are those of the run on display: another one starts from its own state', () => {
    const watch = new RunWatch();
    watch.update(watched(finished));
    const next = emptyRun('b');
    expect(watch.update(watched(next, { phase: 'completed' }))).toEqual([]);
  });
});
