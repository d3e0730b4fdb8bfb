import { expect, test } from '@jest/globals';
import { type RetentionCandidate, runsToRemove } from '../../src/runs/retention.ts';

const day = 24 * 3_600_000;
const now = new Date('2026-11-24T12:00:00.000Z');

/** Runs of a megabyte, the newest first: the last event of `e` is a day old, that of `a` five days. */
const runs = ['e', 'd', 'c', 'b', 'a'].map(
  (runId, index): RetentionCandidate => ({
    runId,
    bytes: 1e6,
    lastEventAt: new Date(now.getTime() - (index + 1) * day).toISOString(),
    pinned: false,
    status: 'completed',
    connected: false,
  }),
);
const changed = (runId: string, changes: Partial<RetentionCandidate>) =>
  runs.map((run) => (run.runId === runId ? { ...run, ...changes } : run));

test.each([
  [{}, []],
  [{ ageMs: 3.5 * day }, ['a', 'b']],
  [{ runs: 3 }, ['a', 'b']],
  [{ runs: 9 }, []],
  [{ bytes: 2.5e6 }, ['a', 'b', 'c']],
  [{ ageMs: 4.5 * day, runs: 3, bytes: 10e6 }, ['a', 'b']],
  [{ ageMs: 1.5 * day, runs: 4 }, ['a', 'b', 'c', 'd']],
])('the policy %p removes the oldest runs beyond its limits: %p', (keep, removed) => {
  expect(runsToRemove(runs, keep, now)).toEqual(removed);
});

test.each([
  ['that is pinned', { pinned: true }],
  ['that is running', { status: 'running' }],
  ['that is paused', { status: 'paused' }],
  ['whose trainer is connected', { connected: true }],
] as const)('a run %s is kept and counts, and others are removed instead', (_what, changes) => {
  const some = changed('a', changes as Partial<RetentionCandidate>);
  expect(runsToRemove(some, { runs: 3 }, now)).toEqual(['b', 'c']);
  expect(runsToRemove(some, { ageMs: day / 2 }, now)).toEqual(['b', 'c', 'd', 'e']);
});

test('the run with the latest event is removed last, whenever it began', () => {
  const resumed = changed('a', { lastEventAt: now.toISOString() });
  expect(runsToRemove(resumed, { runs: 2 }, now)).toEqual(['b', 'c', 'd']);
});

test("the gateway's clock counts, not the publisher's (P-97)", () => {
  const received = runs.map((run) => ({
    ...run,
    lastReceivedAt: run.lastEventAt,
    lastEventAt: '1970-01-01T00:00:00.000Z',
  }));
  expect(runsToRemove(received, { ageMs: 3.5 * day }, now)).toEqual(['a', 'b']);
});

test('a clock that was set back makes no run old', () => {
  expect(runsToRemove(runs, { ageMs: 10 * day }, new Date('2020-01-01'))).toEqual([]);
});
