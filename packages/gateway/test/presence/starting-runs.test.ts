import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Command, CommandResult } from '@mnist-monitor/shared';
import { IdleTrainers } from '../../src/presence/idle-trainers.ts';
import { noRemotePresence, type PublisherPresence } from '../../src/presence/presence.ts';
import { Publishers } from '../../src/presence/publishers.ts';
import { StartingRuns } from '../../src/presence/starting-runs.ts';
import { afterTest } from '../support/cleanup.ts';

const startingMs = 1_000;
const start = (more: object = {}) =>
  ({ type: 'command', id: 'command-1', command: 'start', data: {}, ...more }) as Command;
const accepted = (more: object = {}) =>
  ({ type: 'commandResult', id: 'command-1', ok: true, ...more }) as CommandResult;
const queued = (name?: string) => ({ queuedId: 'queued-1', data: { ...(name !== undefined && { name }) } });

describe('the runs that trainers prepare', () => {
  let idle: IdleTrainers;
  let starting: StartingRuns;
  let changes: number;
  /** The publisher of each run, whether it is connected, and the function that reports a change of it. */
  let presences: Record<string, string>;
  let connected: Set<string>;
  let changed: (runId: string) => void;
  beforeEach(() => {
    jest.useFakeTimers();
    afterTest(() => jest.useRealTimers());
    [changes, presences, connected] = [0, {}, new Set()];
    idle = new IdleTrainers();
    const publishers = new Publishers({
      ...noRemotePresence,
      presenceOf: (runId) =>
        presences[runId] === undefined ? undefined : ({ publisherId: presences[runId] } as PublisherPresence),
      publisherOf: (runId) =>
        connected.has(runId) ? { publisherId: presences[runId]!, commands: [], send() {} } : undefined,
      onRunChange(listener) {
        changed = listener;
        return () => {};
      },
    });
    starting = new StartingRuns({ publishers, idleTrainers: idle, limits: { startingMs } });
    starting.onChange(() => changes++);
  });
  const addIdle = (publisherId = 'trainer-1') => idle.add({ publisherId, commands: ['start'], send() {} });

  test('are listed from the command on, with the id of the run from the answer on', () => {
    addIdle();
    starting.noteCommand(start({ data: { name: 'Deeper' } }), 'trainer-1');
    expect([starting.list, changes]).toEqual([[{ runId: null, name: 'Deeper' }], 1]);
    starting.noteResult(accepted({ id: 'other', runId: 'b' }), 'trainer-1');
    starting.noteResult(accepted({ runId: 'b' }), 'trainer-2');
    expect([starting.list, changes]).toEqual([[{ runId: null, name: 'Deeper' }], 1]);
    starting.noteResult(accepted({ runId: 'a' }), 'trainer-1');
    expect([starting.list, changes]).toEqual([[{ runId: 'a', name: 'Deeper' }], 2]);
    starting.noteEvents('b', ['run.started']);
    expect(starting.list).toHaveLength(1);
    starting.noteEvents('a', ['run.started']);
    starting.noteEvents('a', ['batch']);
    expect([starting.list, changes]).toEqual([[], 3]);
  });

  test('are listed in the order of their commands, one for each trainer', () => {
    for (const [index, id] of ['trainer-2', 'trainer-1', 'trainer-2'].entries())
      starting.noteCommand(start({ id: `command-${index}`, data: { name: `${index}` } }), id);
    expect(starting.list.map(({ name }) => name)).toEqual(['0', '1']);
  });

  test('are not listed after a refusal', () => {
    starting.noteCommand(start(), 'trainer-1');
    expect(starting.list).toEqual([{ runId: null, name: null }]);
    starting.noteResult(
      { ...accepted(), ok: false, code: 'command.refused', message: 'no' } as CommandResult,
      'trainer-1',
    );
    expect([starting.list, changes]).toEqual([[], 2]);
  });

  test('are listed for a limited time after the command, and again after the answer', () => {
    starting.noteCommand(start(), 'trainer-1');
    jest.advanceTimersByTime(startingMs - 1);
    starting.noteResult(accepted({ runId: 'a' }), 'trainer-1');
    jest.advanceTimersByTime(startingMs - 1);
    expect(starting.list).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(starting.list).toEqual([]);
  });

  test.each([
    ['enqueue', true, 1],
    ['enqueue', false, 0],
    ['listQueue', true, 0],
    ['pause', true, 0],
  ])('begin with the command %s to a trainer that is idle (%p): %d', (command, isIdle, count) => {
    if (isIdle) addIdle();
    starting.noteCommand(start({ command }), 'trainer-1');
    expect(starting.list).toHaveLength(count);
  });

  test('end when the trainer disconnects before it has accepted, and not when it leaves its idle connection afterwards', () => {
    const leave = addIdle();
    starting.noteCommand(start(), 'trainer-1');
    leave();
    expect(starting.list).toEqual([]);
    const leaveAgain = addIdle();
    starting.noteCommand(start(), 'trainer-1');
    starting.noteResult(accepted({ runId: 'a' }), 'trainer-1');
    addIdle('trainer-2');
    expect(starting.list).toHaveLength(1);
    leaveAgain();
    expect(starting.list).toHaveLength(1);
    addIdle();
    expect(starting.list).toEqual([]);
  });

  test('end when their publisher disconnects before the first event', () => {
    starting.noteCommand(start(), 'trainer-1');
    starting.noteResult(accepted({ runId: 'a' }), 'trainer-1');
    presences.a = 'trainer-1';
    connected.add('a');
    changed('a');
    changed('b');
    expect(starting.list).toHaveLength(1);
    connected.delete('a');
    changed('a');
    expect(starting.list).toEqual([]);
  });

  test('follow from the queue of the trainer when its run has ended, until the next one begins', () => {
    starting.noteResult(accepted({ queue: [queued('First'), queued()] }), 'trainer-1');
    expect(starting.list).toEqual([]);
    presences.a = presences.b = 'trainer-1';
    starting.noteEvents('a', ['batch']);
    expect(starting.list).toEqual([]);
    starting.noteEvents('a', ['run.finished']);
    expect(starting.list).toEqual([{ runId: null, name: 'First' }]);
    starting.noteEvents('b', ['run.started']);
    expect(starting.list).toEqual([]);
    starting.noteEvents('b', ['run.finished']);
    expect(starting.list).toEqual([{ runId: null, name: null }]);
    starting.noteEvents('b', ['run.started']);
    starting.noteEvents('b', ['run.finished']);
    expect(starting.list).toEqual([]);
  });

  test('do not follow from a queue that was emptied, nor from that of another trainer', () => {
    starting.noteResult(accepted({ queue: [queued('First')] }), 'trainer-1');
    starting.noteResult(accepted({ queue: [] }), 'trainer-1');
    starting.noteResult(accepted({ queue: [queued('Other')] }), 'trainer-2');
    presences.a = 'trainer-1';
    starting.noteEvents('a', ['run.finished']);
    starting.noteEvents('unknown', ['run.finished']);
    expect(starting.list).toEqual([]);
  });
});
