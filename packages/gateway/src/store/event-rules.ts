import type { EventPage, StoredEvent } from './store.ts';

// This file imports no zod, which the threads of the database would take 0.3 s to load.

/** Number of characters of JSON (UTF-16 units) after which a page ends, even if it has fewer events than its limit. */
export const maxPageLength = 4 * 1024 * 1024;

/** The error for events that do not follow the stored ones: the store has lost some, or the caller has left some out. */
export class SeqGapError extends RangeError {
  readonly last: number;
  readonly got: number;

  constructor(last: number, got: number) {
    super(`expected events to follow seq ${last} without gaps, got seq ${got}`);
    this.last = last;
    this.got = got;
  }
}

/** The error for a run that has another stream than its writer expects: it was removed, replaced, or has lost events. */
export class OtherStreamError extends RangeError {
  readonly runId: string;

  constructor(runId: string) {
    super(`run ${runId} was removed, replaced, or has lost events`);
    this.runId = runId;
  }
}

/** An event as it is found in the store; `json` is null if it is no JSON. */
export type FoundEvent = Omit<StoredEvent, 'json'> & { json: string | null };

export const isReadable = (event: FoundEvent): event is StoredEvent => event.json !== null;

/** Returns the fields of a page with the events that can be read, and the seqs of the others. */
export function splitReadable(found: readonly FoundEvent[]): Pick<EventPage, 'events' | 'unreadable'> {
  const events = found.filter(isReadable);
  if (events.length === found.length) return { events };
  return { events, unreadable: found.filter((event) => !isReadable(event)).map(({ seq }) => seq) };
}

/** Returns the page of a run that was replaced while the page was read: its events may be those of two runs. */
export const replacedPage = (after: number): EventPage => ({
  events: [],
  stream: undefined,
  version: 1,
  through: after,
  more: false,
});

/**
 * Returns the events after `last`.
 * @throws SeqGapError when they do not follow it without a gap.
 */
export function eventsAfter<E extends StoredEvent>(events: readonly E[], last: number): E[] {
  const fresh = events.filter(({ seq }) => seq > last);
  const gap = fresh.find(({ seq }, index) => seq !== last + 1 + index);
  if (gap) throw new SeqGapError(last, gap.seq);
  return fresh;
}

/** Returns the size of the events' JSON in UTF-8. */
export const jsonBytes = (events: readonly StoredEvent[]): number =>
  events.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0);
