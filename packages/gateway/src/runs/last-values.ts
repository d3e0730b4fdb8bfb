import type { RunStatus } from '@mnist-monitor/shared';
import type { Publishers } from '../presence/publishers.ts';
import type { NewEvent } from '../store/store.ts';
import type { StatusBroadcaster } from './status-broadcaster.ts';

/** The last values of a run; undefined where its publisher has sent none to this gateway. */
export interface RunValues {
  runId: string;
  status: RunStatus | undefined;
  step: number | undefined;
  loss: number | undefined;
  /** The accuracy on the last batch. */
  accuracy: number | undefined;
  /** The accuracy on the test set, after the last epoch. */
  testAccuracy: number | undefined;
}

type Values = Omit<RunValues, 'runId' | 'status'>;

const noValues: Values = { step: undefined, loss: undefined, accuracy: undefined, testAccuracy: undefined };

/**
 * Keeps the last values of the runs that are published to this gateway, for metrics. They are in memory, so that reading
 * the metrics never waits for a slow disk.
 */
export class LastValues {
  readonly #values = new Map<string, Values>();
  readonly #publishers: Pick<Publishers, 'local'>;
  readonly #statuses: Pick<StatusBroadcaster, 'statusOf'>;

  constructor(publishers: Pick<Publishers, 'local'>, statuses: Pick<StatusBroadcaster, 'statusOf'>) {
    this.#publishers = publishers;
    this.#statuses = statuses;
  }

  /** Records durable events of one run. */
  appended(runId: string, events: readonly NewEvent[]): void {
    const batch = events.findLast(({ type }) => type === 'batch')?.event;
    const epoch = events.findLast(({ type }) => type === 'epoch')?.event;
    if (!batch && !epoch) return;
    const values = { ...(this.#values.get(runId) ?? noValues) };
    if (batch?.type === 'batch') {
      values.step = batch.data.step;
      values.loss = batch.data.loss;
      values.accuracy = batch.data.accuracy ?? undefined;
    }
    if (epoch?.type === 'epoch') values.testAccuracy = epoch.data.test?.accuracy ?? undefined;
    this.#values.set(runId, values);
  }

  /**
   * Returns the values of each run whose publisher is connected to this gateway, and forgets those of all others. So the
   * limit of publishers bounds the number of values.
   */
  read(): RunValues[] {
    const connected = new Set(this.#publishers.local.map(([runId]) => runId));
    for (const runId of this.#values.keys()) if (!connected.has(runId)) this.#values.delete(runId);
    return [...connected].map((runId) => ({
      ...(this.#values.get(runId) ?? noValues),
      ...{ runId, status: this.#statuses.statusOf(runId) },
    }));
  }
}
