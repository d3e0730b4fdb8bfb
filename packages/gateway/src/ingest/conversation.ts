import type { CommandDesk } from '../commands/desk.ts';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import type { Metrics } from '../metrics.ts';
import type { WaitingTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';
import type { Store } from '../store/store.ts';
import type { WatchedStore } from '../store/watched.ts';

export interface SessionContext {
  store: Store;
  health: Pick<WatchedStore, 'trouble'>;
  hub: Hub;
  publishers: Publishers;
  trainers: WaitingTrainers;
  desk: CommandDesk;
  limits: Limits;
  metrics: Pick<Metrics, 'rejected'>;
  token: string | undefined;
  /** What goes wrong with the store, for the log. */
  onStoreFailure: (error: unknown) => void;
}

/** What follows the first message. */
export interface Conversation {
  receive(text: string): void;
  /** Resolves when what was taken in is durable, or cannot be. */
  settled(): Promise<void>;
}
