import type { CommandTarget } from './command-target.ts';
import type { PublisherPresence } from './presence.ts';

/** Who is connected to the other gateways of the same store. */
export interface RemotePresence {
  /** Whoever publishes a run there. */
  publisherOf(runId: string): CommandTarget | undefined;
  /** Of the publisher that was there last. */
  presenceOf(runId: string): PublisherPresence | undefined;
  /** Trainers that wait there. */
  readonly idleTrainers: readonly CommandTarget[];
  readonly viewerCount: number;
  /** Calls back when the publisher of a run comes or goes there. Returns the undo. */
  onRunChange(watcher: (runId: string) => void): () => void;
  /** Calls back when anybody comes or goes there. Returns the undo. */
  onChange(watcher: () => void): () => void;
}

/** Of a gateway that is alone. */
export const noRemotePresence: RemotePresence = {
  publisherOf: () => undefined,
  presenceOf: () => undefined,
  idleTrainers: [],
  viewerCount: 0,
  onRunChange: () => () => {},
  onChange: () => () => {},
};
