import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { type Frame, Hub } from '../src/hub.ts';
import { toStored } from '../src/store/store.ts';
import { MemoryStore } from './support/memory-store.ts';

const run = sampleRun({ runId: 'a' }).map(toStored);
const other = sampleRun({ runId: 'b' }).map(toStored);

describe('the hub', () => {
  test('gives every subscriber the same bytes', async () => {
    const hub = await Hub.open(new MemoryStore());
    const channel = await hub.channel('a');
    const got: Frame[][] = [[], []];
    for (const list of got) channel.subscribe((frame) => list.push(frame));
    hub.publish('a', run.slice(0, 2));
    expect(got[0]!.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(String(got[0]![0]!.bytes)).toBe(run[0]!.json);
    expect(got[1]![0]!.bytes).toBe(got[0]![0]!.bytes);
  });

  test('leaves out what it has published', async () => {
    const hub = await Hub.open(new MemoryStore());
    const seqs: number[] = [];
    (await hub.channel('a')).subscribe(({ seq }) => seqs.push(seq));
    hub.publish('a', run.slice(0, 3));
    hub.publish('a', run.slice(1, 5));
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
  });

  test('lets go of a subscriber that has left', async () => {
    const hub = await Hub.open(new MemoryStore());
    const channel = await hub.channel('a');
    const seqs: number[] = [];
    const leave = channel.subscribe(({ seq }) => seqs.push(seq));
    hub.publish('a', run.slice(0, 1));
    leave();
    hub.publish('a', run.slice(1, 2));
    expect(seqs).toEqual([1]);
    expect(channel.subscriberCount).toBe(0);
  });

  test('knows of a run what the store holds', async () => {
    const store = new MemoryStore();
    await store.append('a', run.slice(0, 7));
    const hub = await Hub.open(store);
    expect((await hub.channel('a')).lastSeq).toBe(7);
    expect(hub.newestRun).toBe('a');
  });

  test('publishes an event that the store held before it was published', async () => {
    const store = new MemoryStore();
    await store.append('a', run.slice(0, 1));
    const hub = await Hub.open(store);
    const seqs: number[] = [];
    (await hub.channel('a')).subscribe(({ seq }) => seqs.push(seq));
    await store.append('a', run.slice(1, 2));
    await hub.channel('a');
    hub.publish('a', run.slice(1, 2));
    expect(seqs).toEqual([2]);
  });

  test('says when a run begins, and only then', async () => {
    const hub = await Hub.open(new MemoryStore());
    const newest: (string | undefined)[] = [];
    const leave = hub.watchNewestRun(() => newest.push(hub.newestRun));
    hub.publish('a', run.slice(0, 2));
    hub.publish('b', other.slice(0, 1));
    hub.publish('a', run.slice(2, 3));
    expect(newest).toEqual(['a', 'b']);
    leave();
    hub.publish('c', other.slice(0, 1));
    expect(newest).toEqual(['a', 'b']);
  });
});
