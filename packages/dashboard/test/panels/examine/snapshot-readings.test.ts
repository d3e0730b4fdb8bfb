import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { SnapshotReadings } from '../../../src/panels/examine/snapshot-readings.ts';

const snapshot = (step: number) => ({
  step,
  weights: { key: `w${step}`, layers: [], read: async () => new ArrayBuffer(0) },
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

function fakeNetwork() {
  const calls: { key: string; image: Float32Array; resolve(): void; reject(error: Error): void }[] = [];
  const readings = new SnapshotReadings({
    predict: ({ key }, image) =>
      new Promise((resolve, reject) => {
        const probabilities = Float32Array.of(0.25, 0.75);
        calls.push({ key, image, resolve: () => resolve({ probabilities, milliseconds: 1 }), reject });
      }),
    onChange: () => {},
  });
  return { calls, readings };
}

describe('the readings of all snapshots', () => {
  afterEach(() => void jest.useRealTimers());

  it('try the newest snapshot again, whose weights may arrive after its event', async () => {
    jest.useFakeTimers();
    const { calls, readings } = fakeNetwork();
    readings.read(new Float32Array(4), [snapshot(1), snapshot(2)]);
    for (const { reject } of calls) reject(new Error('the run has no such file'));
    await jest.advanceTimersByTimeAsync(2_000);
    expect(calls.map(({ key }) => key)).toEqual(['w1', 'w2', 'w2']);
    calls[2]?.resolve();
    await jest.advanceTimersByTimeAsync(0);
    expect(readings).toMatchObject({ missing: 1, isComplete: true });
    expect(readings.readings.map(({ step }) => step)).toEqual([2]);
  });

  it('give the newest snapshot up after four tries', async () => {
    jest.useFakeTimers();
    const { calls, readings } = fakeNetwork();
    readings.read(new Float32Array(4), [snapshot(1)]);
    for (let tries = 0; tries < 4; tries++) {
      calls[tries]?.reject(new Error('the run has no such file'));
      await jest.advanceTimersByTimeAsync(2_000);
    }
    expect(calls).toHaveLength(4);
    expect(readings).toMatchObject({ missing: 1, isComplete: true });
  });

  it('arrive one by one in the order of their steps, four at a time', async () => {
    const { calls, readings } = fakeNetwork();
    readings.read(new Float32Array(4), [1, 2, 3, 4, 5].map(snapshot));
    expect(calls.map(({ key }) => key)).toEqual(['w1', 'w2', 'w3', 'w4']);
    calls[1]?.resolve();
    calls[0]?.resolve();
    await turn();
    expect(readings.readings.map(({ step }) => step)).toEqual([1, 2]);
    expect(calls.map(({ key }) => key)).toContain('w5');
    expect(readings.isComplete).toBe(false);
    for (const { resolve } of calls) resolve();
    await turn();
    expect(readings.isComplete).toBe(true);
  });

  it('are extended by new snapshots, and not computed twice', async () => {
    const { calls, readings } = fakeNetwork();
    const image = new Float32Array(4);
    readings.read(image, [snapshot(1)]);
    readings.read(image, [snapshot(1), snapshot(9)]);
    expect(calls.map(({ key }) => key)).toEqual(['w1', 'w9']);
  });

  it('of another image begin again, without those of the one before', async () => {
    const { calls, readings } = fakeNetwork();
    readings.read(new Float32Array(4), [snapshot(1)]);
    readings.read(new Float32Array(4), [snapshot(1)]);
    calls[0]?.resolve();
    await turn();
    expect(readings.readings).toEqual([]);
    calls[1]?.resolve();
    await turn();
    expect(readings.readings).toHaveLength(1);
  });

  it('count snapshots that the run no longer has', async () => {
    const { calls, readings } = fakeNetwork();
    readings.read(new Float32Array(4), [snapshot(1), snapshot(2)]);
    calls[0]?.reject(new Error('the run has no such file'));
    calls[1]?.resolve();
    await turn();
    expect(readings).toMatchObject({ missing: 1, problem: 'the run has no such file', isComplete: true });
    expect(readings.readings.map(({ step }) => step)).toEqual([2]);
  });
});
