import type { Clock } from '../../src/index.ts';

/** A clock that moves only when a test moves it. */
export class FakeClock implements Clock {
  #now = 0;
  #timers = new Map<number, { at: number; callback: () => void }>();
  #lastTimer = 0;

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): number {
    this.#lastTimer++;
    this.#timers.set(this.#lastTimer, { at: this.#now + ms, callback });
    return this.#lastTimer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as number);
  }

  /** Number of timers that have neither run nor been cleared. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves the clock by `ms` milliseconds and calls the due timers in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#nextDue(end); next; next = this.#nextDue(end)) {
      const [timer, { at, callback }] = next;
      this.#timers.delete(timer);
      this.#now = at;
      callback();
    }
    this.#now = end;
  }

  #nextDue(end: number): [number, { at: number; callback: () => void }] | undefined {
    const due = [...this.#timers].filter(([, { at }]) => at <= end);
    return due.sort(([, a], [, b]) => a.at - b.at)[0];
  }
}
