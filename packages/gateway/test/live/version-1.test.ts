import { describe, expect, test } from '@jest/globals';
import { commandNames, type LiveControl, version1Commands } from '@mnist-monitor/shared';
import { forVersion1 } from '../../src/live/version-1.ts';

const hello = (commands: readonly string[]) =>
  ({
    ...{ type: 'hello', heartbeatMs: 5_000, commands: 'open' },
    run: { runId: 'a', status: 'running', commands },
  }) as unknown as LiveControl;
const status = (commands: readonly string[]) =>
  ({ type: 'status', runId: 'a', status: 'running', connected: true, viewers: 1, commands }) as LiveControl;

describe('a message for viewers of version 1', () => {
  test.each([hello, status])(
    'has the commands of version 1 only, and everything else as it is',
    (message) => {
      expect(forVersion1(message(['pause', 'enqueue', 'stop']))).toEqual(message(['pause', 'stop']));
      expect(forVersion1(message(commandNames))).toEqual(message(version1Commands));
    },
  );

  test.each<LiveControl>([
    hello(['pause']),
    hello([]),
    status(version1Commands),
    { type: 'live', seq: 3 },
    { ...hello([]), run: null } as LiveControl,
  ])('is the same object when nothing is left out (%#)', (message) => {
    expect(forVersion1(message)).toBe(message);
  });
});
