import type { CommandTaker } from './command-target.ts';
import type { Presence } from './presence.ts';

/** Who is connected to the other gateways of the same store. */
export interface Elsewhere {
  /** Whoever publishes a run there. */
  connected(runId: string): CommandTaker | undefined;
  /** Of the publisher that was there last. */
  presence(runId: string): Presence | undefined;
  /** Trainers that wait there. */
  readonly waiting: readonly CommandTaker[];
  readonly viewers: number;
  /** Calls back when the publisher of a run comes or goes there. Returns the undo. */
  watchRuns(watcher: (runId: string) => void): () => void;
  /** Calls back when anybody comes or goes there. Returns the undo. */
  watch(watcher: () => void): () => void;
}

/** Of a gateway that is alone. */
export const nowhere: Elsewhere = {
  connected: () => undefined,
  presence: () => undefined,
  waiting: [],
  viewers: 0,
  watchRuns: () => () => {},
  watch: () => () => {},
};
