import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { FileQuota } from '../../src/runs/file-quota.ts';
import { afterTest } from '../support/cleanup.ts';

describe('the quota of published files', () => {
  let measurements: ((bytes: number) => void)[];
  let quota: FileQuota;
  beforeEach(() => {
    jest.useFakeTimers();
    afterTest(() => jest.useRealTimers());
    measurements = [];
    quota = new FileQuota({
      ...{ maxBytes: 100, measureIntervalMs: 1_000 },
      measure: () => new Promise((resolve) => measurements.push(resolve)),
    });
  });
  /** Reserves bytes, which measures the files first, and completes them. */
  async function store(bytes: number, measured: number): Promise<void> {
    const reserved = quota.reserve(bytes);
    measurements.pop()?.(measured);
    await reserved;
    quota.complete(bytes);
  }
  const isFull = () => expect.objectContaining({ code: 'files.full' });

  test('measures the files before the first one is received, once for simultaneous ones', async () => {
    const reservations = [quota.reserve(30), quota.reserve(30)];
    expect(measurements).toHaveLength(1);
    measurements[0]!(40);
    await Promise.all(reservations);
    await expect(quota.reserve(1)).rejects.toEqual(isFull());
    expect(measurements).toHaveLength(1);
  });

  test('counts what is received, complete and released, to the last byte', async () => {
    await store(40, 30);
    await quota.reserve(30);
    await expect(quota.reserve(1)).rejects.toThrow(
      'expected at most 100 bytes of snapshots and test images of all runs, which this file would exceed: delete runs, let --keep delete the oldest, or allow more with --uploads',
    );
    quota.cancel(20);
    await quota.reserve(20);
    quota.release(10);
    await quota.reserve(10);
    await expect(quota.reserve(1)).rejects.toEqual(isFull());
  });

  test('is not exceeded by the release of bytes that no measurement has found', async () => {
    await store(10, 0);
    quota.release(50);
    await quota.reserve(100);
    await expect(quota.reserve(1)).rejects.toEqual(isFull());
  });

  test('measures again when the files seem to take all the space, at most once in an interval', async () => {
    await store(10, 80);
    jest.advanceTimersByTime(999);
    await expect(quota.reserve(20)).rejects.toEqual(isFull());
    expect(measurements).toEqual([]);
    jest.advanceTimersByTime(1);
    // A user has deleted some.
    await store(20, 10);
    await quota.reserve(70);
  });

  test('counts a file that becomes complete during a measurement, which may have missed it', async () => {
    await store(10, 80);
    await quota.reserve(5);
    jest.advanceTimersByTime(1_000);
    const waiting = quota.reserve(20);
    expect(measurements).toHaveLength(1);
    quota.complete(5);
    measurements[0]!(76);
    await expect(waiting).rejects.toEqual(isFull());
    await quota.reserve(19);
  });

  test('may be released before it is measured', async () => {
    quota.release(10);
    await store(10, 90);
    await expect(quota.reserve(1)).rejects.toEqual(isFull());
  });
});
