import { describe, expect, test } from '@jest/globals';
import { limits } from '../../src/limits.ts';
import { type RunFacts, runStatusOf } from '../../src/runs/run-status.ts';

const s = 1_000;
const here: RunFacts = { told: 'running', connected: true, silentMs: 0, awayMs: 0, seen: true };
const away: RunFacts = { ...here, connected: false };
const missed: RunFacts = { ...away, seen: false };

describe('where a run stands', () => {
  test.each<[string, RunFacts, string]>([
    ['events come', { ...here, silentMs: 2 * s }, 'running'],
    ['nothing has come for a while', { ...here, silentMs: 21 * s }, 'stalled'],
    ['nothing has come for an hour, but its publisher is there', { ...here, silentMs: 3_600 * s }, 'stalled'],
    ['its connection was cut just now', { ...away, silentMs: 3 * s, awayMs: 2 * s }, 'running'],
    ['its publisher has been away for a while', { ...away, silentMs: 50 * s, awayMs: 49 * s }, 'stalled'],
    ['its publisher has been away for long', { ...away, silentMs: 62 * s, awayMs: 61 * s }, 'interrupted'],
    ['its publisher is back', { ...here, silentMs: 0 }, 'running'],
    ['the gateway was started again just now', { ...missed, silentMs: 4 * s, awayMs: 1 * s }, 'running'],
    ['the same, after a long time', { ...missed, silentMs: 9_000 * s, awayMs: 1 * s }, 'stalled'],
    ['nobody has come back since', { ...missed, silentMs: 26 * s, awayMs: 21 * s }, 'interrupted'],
    ['it is paused', { ...here, told: 'paused', silentMs: 1 * s }, 'paused'],
    ['it is paused, and silent', { ...here, told: 'paused', silentMs: 90 * s }, 'paused'],
    [
      'it was paused, and its publisher is away for long',
      { ...away, told: 'paused', awayMs: 61 * s },
      'interrupted',
    ],
    ['it has ended', { ...here, told: 'completed' }, 'completed'],
    ['it has ended long ago', { ...missed, told: 'stopped', awayMs: 9_000 * s }, 'stopped'],
    ['its trainer said that it was interrupted', { ...here, told: 'interrupted' }, 'interrupted'],
  ])('%s', (_when, facts, status) => {
    expect(runStatusOf(facts, limits)).toBe(status);
  });
});
