import { setImmediate as nextTurn } from 'node:timers/promises';

/** Resolves when something has come about; the test's own time limit ends the wait. */
export async function until(cameAbout: () => boolean): Promise<void> {
  while (!cameAbout()) await nextTurn();
}
