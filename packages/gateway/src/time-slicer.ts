import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long a piece of long work may hold the event loop before others get their turn. */
const sliceMs = 1;

/** Long work in pieces: `breathe` between two of them lets others in when it is time. */
export class TimeSlicer {
  #begin = performance.now();

  async yieldIfDue(): Promise<void> {
    if (performance.now() - this.#begin < sliceMs) return;
    await nextTurn();
    this.#begin = performance.now();
  }
}
