import { setImmediate as nextTurn } from 'node:timers/promises';

/** The time that a task may run before it yields to the event loop. */
const sliceMs = 1;

/** Lets other work run about every millisecond of a long task, which calls `yieldIfDue` between its steps. */
export class TimeSlicer {
  #sliceStart = performance.now();

  async yieldIfDue(): Promise<void> {
    if (performance.now() - this.#sliceStart < sliceMs) return;
    await nextTurn();
    this.#sliceStart = performance.now();
  }
}
