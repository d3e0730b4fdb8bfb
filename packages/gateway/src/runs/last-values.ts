import type { MonitorEvent, RunStatus } from '@mnist-monitor/shared';
import type { Publishers } from '../presence/publishers.ts';
import type { NewEvent } from '../store/store.ts';
import type { StatusBroadcaster } from './status-broadcaster.ts';

/** The last values of a run; undefined where its publisher has sent none to this gateway. */
export interface RunValues {
  runId: string;
  status: RunStatus | undefined;
  /** The last step; in a run that counts epochs only, the number of the last epoch. */
  step: number | undefined;
  /** The loss of the last batch; in a run without batches, the training loss of the last epoch. */
  loss: number | undefined;
  /** The accuracy of the last batch; in a run without batches, the training accuracy of the last epoch. */
  accuracy: number | undefined;
  /** The accuracy on the test set, after the last epoch. */
  testAccuracy: number | undefined;
}

type Values = Omit<RunValues, 'runId' | 'status'> & { hasBatches: boolean };

const noValues: Values = {
  ...{ step: undefined, loss: undefined, accuracy: undefined, testAccuracy: undefined },
  hasBatches: false,
};

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
    const values = this.#values.get(runId) ?? { ...noValues };
    for (const { event } of events) apply(values, event);
    this.#values.set(runId, values);
  }

  /**
   * Returns the values of each run whose publisher is connected to this gateway, and forgets those of all others. So the
   * limit of publishers bounds the number of values.
   */
  read(): RunValues[] {
    const connected = new Set(this.#publishers.local.map(([runId]) => runId));
    for (const runId of this.#values.keys()) if (!connected.has(runId)) this.#values.delete(runId);
    return [...connected].map((runId) => {
      const { hasBatches, ...values } = this.#values.get(runId) ?? noValues;
      return { ...values, runId, status: this.#statuses.statusOf(runId) };
    });
  }
}

/** Updates the values of a run from its next event. */
function apply(values: Values, { type, data }: MonitorEvent): void {
  if (type === 'batch') {
    values.hasBatches = true;
    values.step = data.step;
    values.loss = data.loss;
    values.accuracy = data.accuracy ?? undefined;
  }
  if (type === 'metrics') values.step = Math.max(values.step ?? 0, data.step);
  if (type === 'epoch') {
    values.testAccuracy = data.test?.accuracy ?? undefined;
    if (values.hasBatches) return;
    values.step = data.step ?? Math.max(values.step ?? 0, data.epoch);
    values.loss = data.train?.loss ?? undefined;
    values.accuracy = data.train?.accuracy ?? undefined;
  }
}
