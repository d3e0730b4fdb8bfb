import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long one piece of a long task may hold the event loop before other work gets its turn. */
const sliceMs = 1;

/** Splits a long task: call `yieldIfDue` between its pieces, and other work runs at least every millisecond. */
export class TimeSlicer {
  #sliceStart = performance.now();

  async yieldIfDue(): Promise<void> {
    if (performance.now() - this.#sliceStart < sliceMs) return;
    await nextTurn();
    this.#sliceStart = performance.now();
  }
}
