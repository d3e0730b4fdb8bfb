import { describe, expect, test } from '@jest/globals';
import { TimeShare } from '../../src/inspection/time-share.ts';

describe('TimeShare', () => {
  /** A share of 10 %, at least a second between two rounds, and a clock. */
  function create(options: { startsEarly?: boolean } = {}) {
    let now = 100;
    const share = new TimeShare({ share: 0.1, minSeconds: 1, ...options, seconds: () => now });
    const round = async (cost: number): Promise<void> => {
      share.begin();
      await share.run(() => {
        now += cost;
      });
    };
    return { share, round, advance: (seconds: number) => (now += seconds) };
  }

  test('allows a round when the time since the start is long enough for its share', async () => {
    const { share, round, advance } = create();
    await round(0);
    advance(1);
    await round(0.5);
    advance(3.4);
    expect(share.isDue).toBe(false); // 0.5 of 4.9 s
    advance(0.2);
    expect(share.isDue).toBe(true); // 0.5 of 5.1 s
  });

  test('allows the first round at once, and does not count it', async () => {
    const { share, round, advance } = create();
    expect(share.isDue).toBe(true);
    await round(60);
    advance(1);
    expect(share.isDue).toBe(true);
  });

  test('keeps the minimum between two rounds that take no time', async () => {
    const { share, round, advance } = create();
    await round(0);
    advance(0.9);
    expect(share.isDue).toBe(false);
    advance(0.1);
    expect(share.isDue).toBe(true);
  });

  test('allows early rounds after the doubled time, and later ones when the share has paid for these', async () => {
    const { share, round, advance } = create({ startsEarly: true });
    const times: number[] = [];
    for (let now = 0; now < 60; now++) {
      if (share.isDue) {
        times.push(now);
        await round(0);
        share.count(times.length === 1 ? 0 : 0.8);
      }
      advance(1);
    }
    // Rounds of 0.8 s, of which 10 % of the time pays for one in 8 s.
    expect(times).toEqual([0, 1, 2, 4, 8, 16, 32, 48, 56]);
  });

  test('counts every part of a round, also one that fails', async () => {
    const { share, round, advance } = create();
    await round(0);
    await round(0.2);
    await expect(
      share.run(() => {
        advance(0.8);
        throw new Error('failed');
      }),
    ).rejects.toThrow('failed');
    advance(8.8);
    expect(share.isDue).toBe(false);
    advance(0.3);
    expect(share.isDue).toBe(true);
  });
});
