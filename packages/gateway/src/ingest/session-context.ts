import type { CommandRouter } from '../commands/router.ts';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import type { Metrics } from '../metrics.ts';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';
import type { HealthCheckedStore } from '../store/health-checked-store.ts';
import type { Store } from '../store/store.ts';

export interface SessionContext {
  store: Store;
  health: Pick<HealthCheckedStore, 'failure'>;
  hub: Hub;
  publishers: Publishers;
  idleTrainers: IdleTrainers;
  router: CommandRouter;
  limits: Limits;
  metrics: Pick<Metrics, 'rejected'>;
  token: string | undefined;
  /** What goes wrong with the store, for the log. */
  onStoreFailure: (error: unknown) => void;
}

/** What follows the first message. */
export interface SessionHandler {
  receive(text: string): void;
  /** Resolves when what was taken in is durable, or cannot be. */
  settled(): Promise<void>;
}
