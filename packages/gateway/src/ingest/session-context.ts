import type { CommandRouter } from '../commands/router.ts';
import type { Limits } from '../limits.ts';
import type { Hub } from '../live/hub.ts';
import type { Metrics } from '../metrics.ts';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import type { Publishers } from '../presence/publishers.ts';
import type { HealthCheckedStore } from '../store/health-checked-store.ts';
import type { Store } from '../store/store.ts';
import type { TokenVerdict } from '../trust/authorization.ts';
import type { PublisherAdmission } from './publisher-admission.ts';
import type { RunBoundsCache } from './run-bounds.ts';

/** The parts of the gateway that every session on the ingest port uses. */
export interface SessionContext {
  store: Store;
  health: Pick<HealthCheckedStore, 'failure'>;
  hub: Hub;
  publishers: Publishers;
  idleTrainers: IdleTrainers;
  router: CommandRouter;
  limits: Limits;
  metrics: Pick<Metrics, 'rejected'>;
  admission: PublisherAdmission;
  bounds: RunBoundsCache;
  /** Compares the token in the client's first message with the token for publishing. */
  checkToken: (token: string | undefined) => TokenVerdict;
  /** Logs an unexpected error of a write. It does not receive store errors, which the gateway logs elsewhere, once. */
  onUnexpectedError: (error: unknown) => void;
}

/** Handles the messages of a connection after the first one, which decides the kind of session. */
export interface SessionHandler {
  receive(text: string): void;
  /** Resolves when every accepted event is durable or has failed. */
  settled(): Promise<void>;
}
