import { describe, expect, test } from '@jest/globals';
import { limits } from '../../src/limits.ts';
import { deriveStatus, type StatusFacts } from '../../src/runs/run-status.ts';

const s = 1_000;
const connected: StatusFacts = {
  reported: 'running',
  connected: true,
  silentMs: 0,
  absentMs: 0,
  wasConnected: true,
};
const disconnected: StatusFacts = { ...connected, connected: false };
const neverConnected: StatusFacts = { ...disconnected, wasConnected: false };

describe('the status of a run', () => {
  test.each<[string, StatusFacts, string]>([
    ['events arrive', { ...connected, silentMs: 2 * s }, 'running'],
    ['nothing has arrived for a while', { ...connected, silentMs: 21 * s }, 'stalled'],
    [
      'nothing has arrived for an hour, but its publisher is connected',
      { ...connected, silentMs: 3_600 * s },
      'stalled',
    ],
    ['its connection was cut just now', { ...disconnected, silentMs: 3 * s, absentMs: 2 * s }, 'running'],
    [
      'its publisher has been disconnected for a while',
      { ...disconnected, silentMs: 50 * s, absentMs: 49 * s },
      'stalled',
    ],
    [
      'its publisher has been disconnected for long',
      { ...disconnected, silentMs: 62 * s, absentMs: 61 * s },
      'interrupted',
    ],
    ['its publisher is back', { ...connected, silentMs: 0 }, 'running'],
    [
      'the gateway has just been started again',
      { ...neverConnected, silentMs: 4 * s, absentMs: 1 * s },
      'running',
    ],
    [
      'the gateway has just been started again after a long time',
      { ...neverConnected, silentMs: 9_000 * s, absentMs: 1 * s },
      'stalled',
    ],
    [
      'its publisher has not connected since the gateway was started',
      { ...neverConnected, silentMs: 26 * s, absentMs: 21 * s },
      'interrupted',
    ],
    ['it is paused', { ...connected, reported: 'paused', silentMs: 1 * s }, 'paused'],
    ['it is paused, and silent', { ...connected, reported: 'paused', silentMs: 90 * s }, 'paused'],
    [
      'it is paused, and its publisher has been disconnected for long',
      { ...disconnected, reported: 'paused', absentMs: 61 * s },
      'interrupted',
    ],
    ['it has ended', { ...connected, reported: 'completed' }, 'completed'],
    ['it has ended long ago', { ...neverConnected, reported: 'stopped', absentMs: 9_000 * s }, 'stopped'],
    ['its trainer has reported an interruption', { ...connected, reported: 'interrupted' }, 'interrupted'],
  ])('when %s', (_when, facts, status) => {
    expect(deriveStatus(facts, limits)).toBe(status);
  });
});
