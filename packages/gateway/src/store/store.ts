import {
  type EventType,
  encode,
  type MonitorEvent,
  type RunChanges,
  type RunSummary,
} from '@mnist-monitor/shared';

/** An event as it is kept and sent: checked at the door and written as JSON once. */
export interface StoredEvent {
  seq: number;
  type: EventType;
  json: string;
}

export const toStoredEvent = (event: MonitorEvent): StoredEvent => ({
  seq: event.seq,
  type: event.type,
  json: encode(event),
});

/**
 * What a store knows of a run. `status` is what its events say: how it ended while its last event says so, otherwise
 * `paused` or `running`. Whether its publisher is connected and its folder has a model, a store cannot know.
 */
export type StoredSummary = Omit<RunSummary, 'connected' | 'commands' | 'model'>;

/** Whatever its limit of events, a page ends after this much text. */
export const maxPageBytes = 4 * 1024 * 1024;

/** Summaries that a store keeps in memory, of about 6 kB each. */
export const maxCachedSummaries = 1_000;

export interface EventPageOptions {
  /** Only events with a greater seq. */
  after: number;
  /** At most so many; a page may be shorter, or even empty, while there is more. */
  limit: number;
  /** Only these types; all when left out. */
  types?: readonly EventType[] | undefined;
}

export interface EventPage {
  events: StoredEvent[];
  /** Every event asked for up to this seq is in this page or was before it: the `after` of the next page. */
  through: number;
  /** Whether the run goes on after `through` now. */
  more: boolean;
}

/**
 * Keeps the events of every run. Where there is more than one implementation, all pass the suite in
 * `test/store/store-suite.ts`. What is in the way of reading or writing is a MonitorError with a code `store.…`;
 * nothing is half done then, though an `append` whose end could not be learned may turn out to have been done.
 */
export interface Store {
  /**
   * Adds events to the end of a run, all or none, and resolves with the run's last seq when they are durable.
   * Events up to the last seq held are ignored. @throws RangeError when a seq is left out.
   */
  append(runId: string, events: readonly StoredEvent[]): Promise<number>;
  /** The last seq held of a run; 0 when there is none. */
  lastSeq(runId: string): Promise<number>;
  page(runId: string, options: EventPageOptions): Promise<EventPage>;
  summary(runId: string): Promise<StoredSummary | undefined>;
  /** The runs that came last, the newest first; all when `limit` is left out. New is what this store learned of last: clocks differ. */
  summaries(limit?: number): Promise<StoredSummary[]>;
  /** Changes what is said about a run; false when there is none. */
  annotate(runId: string, changes: RunChanges): Promise<boolean>;
  /**
   * Removes a run and all its events for good; false when there is none. For readers it is gone when this resolves,
   * and a run of the same name may begin; its space is given back little by little.
   */
  remove(runId: string): Promise<boolean>;
  /** Resolves when reading and writing work; mends what can be mended before. Cheap as long as all is well. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** The events that follow `last`, when all of them up to the end are there. */
export function eventsAfter(events: readonly StoredEvent[], last: number): StoredEvent[] {
  const fresh = events.filter(({ seq }) => seq > last);
  const gap = fresh.find(({ seq }, index) => seq !== last + 1 + index);
  if (gap) throw new RangeError(`expected events to follow seq ${last} without gaps, got seq ${gap.seq}`);
  return fresh;
}

export const jsonBytes = (events: readonly StoredEvent[]): number =>
  events.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
