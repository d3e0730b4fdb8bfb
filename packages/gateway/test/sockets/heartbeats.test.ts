import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Heartbeats, type HeartbeatTarget } from '../../src/sockets/heartbeats.ts';
import { unframe } from '../support/frames.ts';

/** A connection that records when it got a heartbeat, in milliseconds since the start. */
class FakeTarget implements HeartbeatTarget {
  checksSinceMessage = 0;
  readonly frames: Buffer[] = [];
  readonly times: number[] = [];
  readonly #startedAt = performance.now();

  sendHeartbeat(frame: Buffer): void {
    this.frames.push(frame);
    this.times.push(performance.now() - this.#startedAt);
  }
}

describe('heartbeats', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('are sent to a connection on which nothing else is sent, once an interval', () => {
    const heartbeats = new Heartbeats(5_000);
    const target = new FakeTarget();
    heartbeats.add(target);
    jest.advanceTimersByTime(15_000);
    expect(target.times).toEqual([5_000, 10_000, 15_000]);
    const [text] = unframe(target.frames[0]!);
    expect(JSON.parse(text!)).toEqual({ type: 'heartbeat', time: expect.stringMatching(/Z$/) });
  });

  test.each([0, 1, 999, 1_000, 1_001, 2_600])(
    'follow a message that is sent after %i ms within an interval',
    (sentMs) => {
      const heartbeats = new Heartbeats(5_000);
      const target = new FakeTarget();
      heartbeats.add(target);
      jest.advanceTimersByTime(sentMs);
      target.checksSinceMessage = 0;
      jest.advanceTimersByTime(5_000);
      expect(target.times).toHaveLength(1);
      expect(target.times[0]! - sentMs).toBeGreaterThanOrEqual(4_000);
      expect(target.times[0]! - sentMs).toBeLessThanOrEqual(5_000);
    },
  );

  test('are not sent while messages are', () => {
    const heartbeats = new Heartbeats(5_000);
    const [busy, idle] = [new FakeTarget(), new FakeTarget()];
    heartbeats.add(busy);
    heartbeats.add(idle);
    for (let message = 0; message < 10; message++) {
      jest.advanceTimersByTime(3_000);
      busy.checksSinceMessage = 0;
    }
    expect(busy.frames).toHaveLength(0);
    expect(idle.frames).toHaveLength(6);
  });

  test('are encoded once for all connections', () => {
    const heartbeats = new Heartbeats(5_000);
    const targets = [new FakeTarget(), new FakeTarget(), new FakeTarget()];
    for (const target of targets) heartbeats.add(target);
    jest.advanceTimersByTime(5_000);
    expect(new Set(targets.map(({ frames }) => frames[0])).size).toBe(1);
  });

  test('end for a connection that is removed, and leave no timer behind after the last one', () => {
    const heartbeats = new Heartbeats(5_000);
    const [first, second] = [new FakeTarget(), new FakeTarget()];
    heartbeats.add(first);
    heartbeats.add(second);
    heartbeats.remove(first);
    jest.advanceTimersByTime(5_000);
    expect([first.frames.length, second.frames.length]).toEqual([0, 1]);
    heartbeats.remove(second);
    expect(jest.getTimerCount()).toBe(0);
    heartbeats.add(first);
    jest.advanceTimersByTime(5_000);
    expect(first.frames).toHaveLength(1);
  });
});
