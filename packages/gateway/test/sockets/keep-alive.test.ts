import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { KeepAlive, type KeepAliveTarget } from '../../src/sockets/keep-alive.ts';

/** A connection that records when it was pinged and reset, in milliseconds since the start. */
class FakeTarget implements KeepAliveTarget {
  checksSincePing = 0;
  sentAtPing: number | undefined;
  sentBytes = 0;
  hasUnsentBytes = false;
  isPaused = false;
  isOpen = true;
  answers = true;
  readonly pings: number[] = [];
  resetAt: number | undefined;
  readonly #startedAt = performance.now();

  sendPing(): void {
    if (!this.isOpen) return;
    this.pings.push(performance.now() - this.#startedAt);
    if (this.answers) setTimeout(() => this.answer(), 100);
  }

  answer(): void {
    this.sentAtPing = undefined;
  }

  reset(): void {
    this.resetAt ??= performance.now() - this.#startedAt;
  }
}

describe('keep-alive', () => {
  let keepAlive: KeepAlive;
  let target: FakeTarget;
  beforeEach(() => {
    jest.useFakeTimers();
    keepAlive = new KeepAlive({ pingIntervalMs: 20_000, pongTimeoutMs: 10_000 });
    target = new FakeTarget();
    keepAlive.add(target);
  });
  afterEach(() => void jest.useRealTimers());

  test('pings a connection at the interval, and keeps one that answers (P-249)', () => {
    jest.advanceTimersByTime(60_000);
    expect(target.pings).toEqual([20_000, 40_000, 60_000]);
    expect(target.resetAt).toBeUndefined();
  });

  test('resets a connection that does not answer in time (P-249)', () => {
    target.answers = false;
    jest.advanceTimersByTime(40_000);
    expect(target.resetAt).toBe(30_000);
    expect(target.pings).toEqual([20_000]);
  });

  test('waits for a client that still reads what was sent before the ping, until it stops (P-249)', () => {
    target.answers = false;
    target.hasUnsentBytes = true;
    for (let second = 0; second < 45; second++) {
      target.sentBytes += 1_000;
      jest.advanceTimersByTime(1_000);
    }
    expect(target.resetAt).toBeUndefined();
    jest.advanceTimersByTime(20_000);
    expect(target.resetAt).toBe(60_000);
  });

  test('neither pings nor resets a connection that this side has paused', () => {
    target.answers = false;
    jest.advanceTimersByTime(25_000);
    target.isPaused = true;
    jest.advanceTimersByTime(60_000);
    expect(target.resetAt).toBeUndefined();
    target.answer();
    jest.advanceTimersByTime(60_000);
    expect(target.pings).toEqual([20_000]);
  });

  test('resets a connection that its client has ended, when it reads no more of what was sent before (P-249)', () => {
    target.isOpen = false;
    target.hasUnsentBytes = true;
    for (let second = 0; second < 45; second++) {
      target.sentBytes += 1_000;
      jest.advanceTimersByTime(1_000);
    }
    expect(target.resetAt).toBeUndefined();
    jest.advanceTimersByTime(20_000);
    expect(target.resetAt).toBe(60_000);
    expect(target.pings).toEqual([]);
  });

  test('leaves no timer behind after the last connection', () => {
    keepAlive.remove(target);
    expect(jest.getTimerCount()).toBe(0);
  });
});
