import { setImmediate as nextTurn } from 'node:timers/promises';

/** Resolves when the condition is true. Only the time limit of the test ends the wait otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}
