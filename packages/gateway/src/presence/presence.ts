import type { CommandTarget } from './command-target.ts';

/** When the last publisher of a run was connected, in the milliseconds of `performance.now()`. */
export interface PublisherPresence {
  readonly publisherId: string;
  readonly connectedAt: number;
  lastMessageAt: number;
  /** Undefined while the publisher is connected. */
  disconnectedAt: number | undefined;
}

/** The publishers, idle trainers and viewers that are connected to the other gateways of the cluster. */
export interface RemotePresence {
  /** The connected publisher of a run; undefined when no other gateway has one. */
  publisherOf(runId: string): CommandTarget | undefined;
  /** When the run's last publisher was connected; undefined when it had none since this gateway started. */
  presenceOf(runId: string): PublisherPresence | undefined;
  readonly idleTrainers: readonly CommandTarget[];
  readonly viewerCount: number;
  /** Calls back when a run's publisher connects or disconnects. Returns the function that ends this. */
  onRunChange(listener: (runId: string) => void): () => void;
  /** Calls back when a publisher, idle trainer or viewer connects or disconnects. Returns the function that ends this. */
  onChange(listener: () => void): () => void;
}

/** The remote presence of a gateway without a cluster: nobody. */
export const noRemotePresence: RemotePresence = {
  publisherOf: () => undefined,
  presenceOf: () => undefined,
  idleTrainers: [],
  viewerCount: 0,
  onRunChange: () => () => {},
  onChange: () => () => {},
};
