import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { NewEvent, StoredEvent } from '../../src/store/store.ts';

const notice: MonitorEvent = sampleRun({ runId: 'a' })[0]!;

/** An event of any text and size, valid or not. */
export const rawEvent = (seq: number, json: string): NewEvent => ({
  seq,
  type: 'notice',
  json,
  event: notice,
});

/** Events of 20 kB each. */
export const largeEvents = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, index) => rawEvent(index + 1, 'x'.repeat(20_000)));

/** The events as a store returns them, without the decoded form. */
export const asStored = (events: readonly StoredEvent[]): StoredEvent[] =>
  events.map(({ seq, type, json }) => ({ seq, type, json }));
