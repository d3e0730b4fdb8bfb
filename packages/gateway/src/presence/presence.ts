import type { CommandTarget } from './command-target.ts';

/** The connection times of a run's last publisher, in milliseconds of this gateway's `performance.now()`. */
export interface PublisherPresence {
  readonly publisherId: string;
  readonly connectedAt: number;
  lastMessageAt: number;
  /** Undefined while the publisher is connected. */
  disconnectedAt: number | undefined;
}

/** The publishers, idle trainers and viewers that are connected to the other gateways of the cluster. */
export interface RemotePresence {
  /** Returns the connected publisher of a run; undefined when no other gateway has one. */
  publisherOf(runId: string): CommandTarget | undefined;
  /** Returns when the run's last remote publisher was connected; undefined when it had none since this gateway started. */
  presenceOf(runId: string): PublisherPresence | undefined;
  readonly idleTrainers: readonly CommandTarget[];
  readonly viewerCount: number;
  /** Calls back when a run's publisher connects or disconnects. Returns the function that removes the listener. */
  onRunChange(listener: (runId: string) => void): () => void;
  /**
   * Calls back when a publisher, idle trainer or viewer connects or disconnects. Returns the function that removes the
   * listener.
   */
  onChange(listener: () => void): () => void;
}

/** The remote presence of a gateway without a cluster, which is always empty. */
export const noRemotePresence: RemotePresence = {
  publisherOf: () => undefined,
  presenceOf: () => undefined,
  idleTrainers: [],
  viewerCount: 0,
  onRunChange: () => () => {},
  onChange: () => () => {},
};
