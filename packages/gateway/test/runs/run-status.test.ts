import { describe, expect, test } from '@jest/globals';
import { limits } from '../../src/limits.ts';
import { deriveStatus, type StatusFacts } from '../../src/runs/run-status.ts';

const s = 1_000;
const here: StatusFacts = {
  reported: 'running',
  connected: true,
  silentMs: 0,
  absentMs: 0,
  wasConnected: true,
};
const away: StatusFacts = { ...here, connected: false };
const missed: StatusFacts = { ...away, wasConnected: false };

describe('the status of a run', () => {
  test.each<[string, StatusFacts, string]>([
    ['events come', { ...here, silentMs: 2 * s }, 'running'],
    ['nothing has come for a while', { ...here, silentMs: 21 * s }, 'stalled'],
    ['nothing has come for an hour, but its publisher is there', { ...here, silentMs: 3_600 * s }, 'stalled'],
    ['its connection was cut just now', { ...away, silentMs: 3 * s, absentMs: 2 * s }, 'running'],
    ['its publisher has been away for a while', { ...away, silentMs: 50 * s, absentMs: 49 * s }, 'stalled'],
    ['its publisher has been away for long', { ...away, silentMs: 62 * s, absentMs: 61 * s }, 'interrupted'],
    ['its publisher is back', { ...here, silentMs: 0 }, 'running'],
    ['the gateway was started again just now', { ...missed, silentMs: 4 * s, absentMs: 1 * s }, 'running'],
    ['the same, after a long time', { ...missed, silentMs: 9_000 * s, absentMs: 1 * s }, 'stalled'],
    ['nobody has come back since', { ...missed, silentMs: 26 * s, absentMs: 21 * s }, 'interrupted'],
    ['it is paused', { ...here, reported: 'paused', silentMs: 1 * s }, 'paused'],
    ['it is paused, and silent', { ...here, reported: 'paused', silentMs: 90 * s }, 'paused'],
    [
      'it was paused, and its publisher is away for long',
      { ...away, reported: 'paused', absentMs: 61 * s },
      'interrupted',
    ],
    ['it has ended', { ...here, reported: 'completed' }, 'completed'],
    ['it has ended long ago', { ...missed, reported: 'stopped', absentMs: 9_000 * s }, 'stopped'],
    ['its trainer said that it was interrupted', { ...here, reported: 'interrupted' }, 'interrupted'],
  ])('%s', (_when, facts, status) => {
    expect(deriveStatus(facts, limits)).toBe(status);
  });
});
