import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { limits } from '../../src/limits.ts';
import { noRemotePresence, type PublisherPresence } from '../../src/presence/presence.ts';
import { Publishers } from '../../src/presence/publishers.ts';
import { RunFolders } from '../../src/runs/run-folders.ts';
import { RunSummaries } from '../../src/runs/run-summaries.ts';
import { DamagedRunError } from '../../src/store/damaged-run.ts';
import { toNewEvent } from '../../src/store/store.ts';
import { afterTest } from '../support/cleanup.ts';
import { MemoryStore } from '../support/memory-store.ts';

const run = (runId: string) => sampleRun({ runId }).map(toNewEvent).slice(0, 3);

describe('the summaries of runs', () => {
  let store: MemoryStore;
  let presence: PublisherPresence | undefined;
  let commands: ('pause' | 'stop')[] | undefined;
  let summaries: RunSummaries;
  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    afterTest(() => jest.useRealTimers());
    store = new MemoryStore();
    [presence, commands] = [undefined, undefined];
    const publishers = new Publishers({
      ...noRemotePresence,
      presenceOf: () => presence,
      publisherOf: () => commands && { publisherId: 'publisher-1', commands, gatewayId: 'other', send() {} },
    });
    summaries = new RunSummaries({ store, publishers, folders: new RunFolders('nowhere', limits), limits });
    for (const runId of ['a', 'b']) await store.append(runId, run(runId));
  });
  const stored = (ageMs: number) =>
    ({ runId: 'a', status: 'running', lastEventAt: new Date(Date.now() - ageMs).toISOString() }) as const;

  test('contain what is stored, the state of the run, and whether it has a model', async () => {
    commands = ['pause', 'stop'];
    const summary = await summaries.summary('a');
    expect(summary).toEqual({
      ...(await store.summary('a')),
      ...{ status: 'stalled', connected: true, commands: ['pause', 'stop'], model: false },
    });
    expect(await summaries.summary('c')).toBeUndefined();
  });

  test('of a run whose publisher has not connected since the start depend on the time of its last event', () => {
    expect(summaries.stateOf(stored(limits.stalledAfterMs))).toEqual({
      status: 'running',
      connected: false,
      commands: [],
    });
    expect(summaries.stateOf(stored(limits.stalledAfterMs + 1)).status).toBe('stalled');
    jest.advanceTimersByTime(limits.interruptedAfterStartMs);
    expect(summaries.stateOf(stored(0)).status).toBe('running');
    jest.advanceTimersByTime(1);
    expect(summaries.stateOf(stored(0)).status).toBe('interrupted');
  });

  test('of a run whose publisher was connected depend on its last message and on its absence', () => {
    const now = performance.now();
    const times = { publisherId: 'publisher-1', connectedAt: now, lastMessageAt: now };
    presence = { ...times, disconnectedAt: undefined };
    expect(summaries.stateOf(stored(1e9)).status).toBe('running');
    jest.advanceTimersByTime(limits.stalledAfterMs + 1);
    expect(summaries.stateOf(stored(0)).status).toBe('stalled');
    presence = { ...times, disconnectedAt: performance.now() };
    jest.advanceTimersByTime(limits.interruptedAfterMs);
    expect(summaries.stateOf(stored(0)).status).toBe('stalled');
    jest.advanceTimersByTime(1);
    expect(summaries.stateOf(stored(0)).status).toBe('interrupted');
  });

  test('of a damaged run are left out of lists, and its state is interrupted', async () => {
    const summary = store.summary.bind(store);
    store.summary = async (runId) => {
      if (runId === 'a') throw new DamagedRunError(runId, 'event 1 cannot be read');
      return summary(runId);
    };
    expect(await summaries.listed('a')).toBeUndefined();
    jest.advanceTimersByTime(limits.interruptedAfterStartMs + 1);
    expect(await summaries.state('a')).toEqual({ status: 'interrupted', connected: false, commands: [] });
    const listed: string[] = [];
    for await (const { runId } of summaries.all()) listed.push(runId);
    expect(listed).toEqual(['b']);
    await expect(summaries.summary('a')).rejects.toThrow('run a is damaged');
    store.summary = async () => {
      throw new Error('an internal error');
    };
    for (const read of [summaries.listed('b'), summaries.state('b')])
      await expect(read).rejects.toThrow('an internal error');
  });

  test('of all runs are read with the newest first, without those that are removed in the meantime', async () => {
    await store.append('c', run('c'));
    const listed: string[] = [];
    for await (const { runId } of summaries.all()) {
      if (listed.length === 0) await store.remove('b');
      listed.push(runId);
    }
    expect(listed).toEqual(['c', 'a']);
  });
});
