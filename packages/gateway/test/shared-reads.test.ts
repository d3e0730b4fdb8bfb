import { describe, expect, test } from '@jest/globals';
import { SharedReads } from '../src/shared-reads.ts';

/** Reads that end when the test says so. */
function controlled() {
  const ends: { resolve: (result: string) => void; reject: (error: Error) => void }[] = [];
  const reads = new SharedReads(
    (_key) => new Promise<string>((resolve, reject) => void ends.push({ resolve, reject })),
  );
  return { reads, ends };
}

describe('shared reads', () => {
  test('of one key that are requested while one runs share the next one, which begins after it', async () => {
    const { reads, ends } = controlled();
    const first = reads.get('a');
    const [second, third] = [reads.get('a'), reads.get('a')];
    expect(ends).toHaveLength(1);
    ends[0]!.resolve('old');
    expect(await first).toBe('old');
    expect(ends).toHaveLength(2);
    ends[1]!.resolve('new');
    expect(await Promise.all([second, third])).toEqual(['new', 'new']);
  });

  test('of different keys are independent', async () => {
    const { reads, ends } = controlled();
    const both = [reads.get('a'), reads.get('b')];
    expect(ends).toHaveLength(2);
    ends[1]!.resolve('b');
    ends[0]!.resolve('a');
    expect(await Promise.all(both)).toEqual(['a', 'b']);
  });

  test('begin again after a failure, which only those that share the read receive', async () => {
    const { reads, ends } = controlled();
    const first = reads.get('a');
    const second = reads.get('a');
    ends[0]!.reject(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    expect(ends).toHaveLength(2);
    ends[1]!.resolve('works');
    expect(await second).toBe('works');
    const third = reads.get('a');
    ends[2]!.resolve('again');
    expect(await third).toBe('again');
  });
});
