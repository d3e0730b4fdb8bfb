import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  applyEvent,
  copyRun,
  emptyRun,
  latestEventTime,
  type Run,
  unseenEventsOf,
} from '../../src/state/run.ts';

const runOf = (events: readonly MonitorEvent[]): Run => {
  const run = emptyRun('20261124-100000-test');
  for (const event of events) applyEvent(run, event);
  return run;
};
const renumbered = (events: readonly MonitorEvent[]): MonitorEvent[] =>
  events.map((event, index) => ({ ...event, seq: index + 1 }));

describe('a run', () => {
  const events = sampleRun({ epochs: 3, batchesPerEpoch: 20 });

  it('contains the data of all its events', () => {
    const run = runOf(events);
    expect(run.steps.length).toBe(60);
    expect(run.batch?.step).toBe(60);
    expect(run.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(run.samples.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(run.machine.length).toBe(8);
    expect(run.finished?.status).toBe('completed');
    expect(run.eventCount).toBe(events.length);
    expect(run.startedAt).toBe(events[0]?.time);
  });

  it('has the share of memory in use, where the total is known', () => {
    const system = events.find(({ type }) => type === 'system') as MonitorEvent & { type: 'system' };
    const memory = (host: object, seq: number): MonitorEvent => ({
      ...{ ...system, seq },
      data: { ...system.data, host: { ...system.data.host!, ...host } },
    });
    const run = runOf([
      memory({ memoryUsedBytes: 3, memoryTotalBytes: 4 }, 1),
      memory({ memoryUsedBytes: 3, memoryTotalBytes: 0 }, 2),
      memory({ memoryUsedBytes: null, memoryTotalBytes: 4 }, 3),
      memory({ memoryUsedBytes: 0, memoryTotalBytes: 4 }, 4),
    ]);
    expect([...run.machine.columns.hostMemory.subarray(0, 4)]).toEqual([0.75, Number.NaN, Number.NaN, 0]);
  });

  it('has at most 500 custom metrics: the first ones', () => {
    const batch = events.find(({ type }) => type === 'batch') as MonitorEvent & { type: 'batch' };
    const names = Array.from({ length: 501 }, (_, index) => `metric-${index}`);
    const run = runOf([
      {
        ...batch,
        seq: 1,
        data: { ...batch.data, metrics: Object.fromEntries(names.map((name) => [name, 1])) },
      },
    ]);
    expect([...run.metrics.keys()]).toEqual(names.slice(0, 500));
  });

  it('continues on the clock from before, when the clock of its publisher is set back', () => {
    const hourMs = 3_600_000;
    const shifted = (from: number, to: number, ms: number): MonitorEvent[] =>
      events.map((event, index) =>
        index >= from && index < to
          ? { ...event, time: new Date(Date.parse(event.time) + ms).toISOString() }
          : event,
      );
    const { steps, lastTime } = runOf(events);
    const times = [...steps.columns.time.subarray(0, 60)];
    const back = runOf(shifted(30, events.length, -hourMs));
    const backTimes = [...back.steps.columns.time.subarray(0, 60)];
    // Every later batch is as far from the one before it as it was; the time of the event at the change itself is lost.
    const distances = (all: number[]): number[] =>
      all.slice(1).map((time, index) => time - (all[index] as number));
    expect(distances(backTimes).slice(32)).toEqual(distances(times).slice(32));
    expect(new Set(backTimes).size).toBeGreaterThan(58);
    expect(latestEventTime(back)).toBe(Date.parse(events.at(-1)?.time ?? '') - hourMs);
    // A clock that was wrong for some events is right again after them.
    expect(runOf(shifted(30, 40, -hourMs)).lastTime).toBe(lastTime);
  });

  it('counts the events that a paused copy lacks: all of a run that has begun since, and none without a run', () => {
    const paused = runOf(events.slice(0, 10));
    const next = { ...runOf(events.slice(0, 7)), runId: 'next' };
    expect(unseenEventsOf(paused, runOf(events.slice(0, 25)))).toBe(15);
    expect(unseenEventsOf(paused, next)).toBe(7);
    expect(unseenEventsOf(paused, null)).toBe(0);
  });

  it('ignores an event that it has already applied', () => {
    const run = runOf([...events.slice(0, 30), ...events.slice(10)]);
    expect(run.eventCount).toBe(events.length);
    expect(run.steps.length).toBe(60);
    expect(run.steps.generation).toBe(0);
  });

  it('keeps the later result of a repeated epoch', () => {
    const bodies = events.filter(({ type }) => type === 'batch' || type === 'epoch');
    const second = bodies.findIndex((event) => event.type === 'batch' && event.data.step === 21);
    const run = runOf(renumbered([...bodies, ...bodies.slice(second, second + 5)]));
    expect(run.steps.length).toBe(25);
    expect(run.epochs.map(({ epoch }) => epoch)).toEqual([1]);
  });

  it('has measurements whose step never descends, also when a resumed run repeats steps', () => {
    const bodies = events.filter(({ type }) => type === 'batch' || type === 'system');
    const back = bodies.findIndex((event) => event.type === 'batch' && event.data.step === 21);
    const run = runOf(renumbered([...bodies, ...bodies.slice(back)]));
    const { columns, length } = run.machine;
    const steps = [...columns.step.subarray(0, length)];
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.filter((step) => step === 21).length).toBeGreaterThan(1);
    expect(run.machine.generation).toBeGreaterThan(0);
  });

  it('is no longer finished after another event', () => {
    const started = events[0] as MonitorEvent;
    expect(runOf(renumbered([...events, started])).finished).toBeNull();
  });

  it('keeps a loss that is NaN', () => {
    const diverged = events.map((event) =>
      event.type === 'batch' ? { ...event, data: { ...event.data, loss: Number.NaN } } : event,
    );
    const run = runOf(diverged);
    expect(run.steps.columns.loss[0]).toBeNaN();
    expect(run.diverged).toMatchObject({ step: 1, loss: Number.NaN });
    expect(run.steps.length).toBe(60);
  });

  it('has the position of each batch on every axis, which never descends', () => {
    const run = runOf(events);
    const { step, elapsedSeconds, time } = run.steps.columns;
    expect([step[59], elapsedSeconds[59], time[59]]).toEqual([
      60,
      18,
      Date.parse('2026-11-24T10:00:18.000Z'),
    ]);
    const late = events.map((event) =>
      event.seq === 30 ? { ...event, time: '2026-11-24T09:00:00.000Z' } : event,
    );
    const times = [...runOf(late).steps.columns.time.subarray(0, 60)];
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('records a silence of its trainer, but not a pause', () => {
    const timeAt = (seconds: number): string =>
      new Date(Date.UTC(2026, 10, 24, 10, 0, seconds)).toISOString();
    const notice = (code: string) => ({
      type: 'notice',
      data: { level: 'info', code, message: '', step: 1 },
    });
    const bodies = [
      { ...events[1], time: timeAt(0) },
      { ...events[2], time: timeAt(45) },
      { ...notice('run.paused'), time: timeAt(46) },
      { ...notice('run.resumed'), time: timeAt(300) },
    ];
    const run = runOf(renumbered(bodies as MonitorEvent[]));
    expect(run.silences).toEqual([{ step: 1, seconds: 45, time: Date.parse(timeAt(0)) }]);
    expect(run.paused).toBe(false);
  });

  it('has no silence between epochs that take as long as those before, nor before the first', () => {
    const epochAt = (epoch: number, seconds: number) => ({
      ...{ v: 1, runId: 'slow', type: 'epoch', data: { epoch, test: { loss: 1 / epoch } } },
      time: new Date(Date.UTC(2026, 10, 24, 10, 0, seconds)).toISOString(),
    });
    const start = { ...events[0], time: new Date(Date.UTC(2026, 10, 24, 10)).toISOString() };
    const epochs = [1, 2, 3, 4].map((epoch) => epochAt(epoch, epoch * 60));
    const silencesOf = (bodies: readonly object[]) => runOf(renumbered(bodies as MonitorEvent[])).silences;
    expect(silencesOf([start, ...epochs])).toEqual([]);
    expect(silencesOf(epochs)).toEqual([]);
    const late = epochAt(5, 240 + 1_800);
    expect(silencesOf([start, ...epochs, late])).toMatchObject([{ step: 4, seconds: 1_800 }]);
    // Several events at the end of each epoch.
    const inGroups = epochs.flatMap((event) => [event, event, event, event]);
    expect(silencesOf([start, ...inGroups])).toEqual([]);
  });

  it('excludes pauses from the training time of measurements and batches', () => {
    const timeAt = (seconds: number): string =>
      new Date(Date.UTC(2026, 10, 24, 10, 0, seconds)).toISOString();
    const notice = (code: string) => ({
      type: 'notice',
      data: { level: 'info', code, message: '', step: 1 },
    });
    const batch = (step: number, elapsedSeconds: number) => {
      const { data } = events.find(({ type }) => type === 'batch') as { data: object };
      return { type: 'batch', data: { ...data, step, elapsedSeconds } };
    };
    const system = events.find(({ type }) => type === 'system') as MonitorEvent;
    const bodies = [
      { ...batch(1, 1), time: timeAt(1) },
      { ...system, time: timeAt(2) },
      { ...notice('run.paused'), time: timeAt(3) },
      { ...system, time: timeAt(30) },
      { ...notice('run.resumed'), time: timeAt(60) },
      { ...system, time: timeAt(61) },
      { ...batch(2, 4.5), time: timeAt(62) },
      { ...batch(3, 5.5), time: timeAt(63) },
    ];
    const run = runOf(renumbered(bodies.map((body) => ({ v: 1, runId: 'r', ...body })) as MonitorEvent[]));
    expect([...run.machine.columns.elapsedSeconds.subarray(0, 3)]).toEqual([2, 3, 4]);
    expect([...run.steps.columns.elapsedSeconds.subarray(0, 3)]).toEqual([1, 4.5, 5.5]);
  });

  it('has copies that later events do not change', () => {
    const run = runOf(events.slice(0, 30));
    const copy = copyRun(run);
    const length = copy.steps.length;
    for (const event of events.slice(30)) applyEvent(run, event);
    expect(copy.steps.length).toBe(length);
    expect(copy.epochs).toHaveLength(1);
    expect(run.epochs).toHaveLength(3);
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
