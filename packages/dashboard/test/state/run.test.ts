import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { applyEvent, emptyRun, type Run } from '../../src/state/run.ts';

const runOf = (events: readonly MonitorEvent[]): Run => {
  const run = emptyRun('20261124-100000-test');
  for (const event of events) applyEvent(run, event);
  return run;
};
const renumbered = (events: readonly MonitorEvent[]): MonitorEvent[] =>
  events.map((event, index) => ({ ...event, seq: index + 1 }));

describe('a run', () => {
  const events = sampleRun({ epochs: 3, batchesPerEpoch: 20 });

  it('adds up to its events', () => {
    const run = runOf(events);
    expect(run.steps.length).toBe(60);
    expect(run.batch?.step).toBe(60);
    expect(run.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(run.samples?.epoch).toBe(3);
    expect(run.finished?.status).toBe('completed');
    expect(run.events).toBe(events.length);
    expect(run.startedAt).toBe(events[0]?.time);
  });

  it('ignores an event that it has had', () => {
    const run = runOf([...events.slice(0, 30), ...events.slice(10)]);
    expect(run.events).toBe(events.length);
    expect(run.steps.length).toBe(60);
    expect(run.steps.generation).toBe(0);
  });

  it('takes the later of two goes at the same epoch', () => {
    const bodies = events.filter(({ type }) => type === 'batch' || type === 'epoch');
    const second = bodies.findIndex((event) => event.type === 'batch' && event.data.step === 21);
    const run = runOf(renumbered([...bodies, ...bodies.slice(second, second + 5)]));
    expect(run.steps.length).toBe(25);
    expect(run.epochs.map(({ epoch }) => epoch)).toEqual([1]);
  });

  it('is no longer finished when it starts again', () => {
    const started = events[0] as MonitorEvent;
    expect(runOf(renumbered([...events, started])).finished).toBeNull();
  });

  it('keeps a loss that is not a number', () => {
    const diverged = events.map((event) =>
      event.type === 'batch' ? { ...event, data: { ...event.data, loss: Number.NaN } } : event,
    );
    const run = runOf(diverged);
    expect(run.steps.columns.loss[0]).toBeNaN();
    expect(run.steps.length).toBe(60);
  });

  it('keeps the latest 200 notices', () => {
    const notice = (seq: number): MonitorEvent => ({
      v: 1,
      runId: 'r',
      seq,
      time: '2026-11-24T10:00:00.000Z',
      type: 'notice',
      data: { level: 'info', code: 'x', message: String(seq), step: null },
    });
    const run = runOf(Array.from({ length: 250 }, (_, index) => notice(index + 1)));
    expect(run.notices).toHaveLength(200);
    expect(run.notices.at(-1)?.message).toBe('250');
  });
});
