import {
  type EventType,
  encode,
  type MonitorEvent,
  type ProtocolVersion,
  type RunChanges,
  type RunSummary,
  versionOfEvent,
} from '@mnist-monitor/shared';

/** An event as it is stored and sent: its JSON text, and the fields by which events are selected. */
export interface StoredEvent {
  seq: number;
  type: EventType;
  json: string;
}

/** An event to be stored, together with its decoded form, so that its text need not be parsed again. */
export interface NewEvent extends StoredEvent {
  event: MonitorEvent;
  /** The version of the protocol that the event needs, or 2 without a check when an earlier event of the run needs 2. */
  version: ProtocolVersion;
}

/** Encodes an event for the store. */
export function toNewEvent(event: MonitorEvent): NewEvent {
  const json = encode(event);
  return { seq: event.seq, type: event.type, json, event, version: versionOfEvent(JSON.parse(json)) };
}

/** Returns the lowest version of the protocol that has all of these events. */
export const versionOf = (events: readonly Pick<NewEvent, 'version'>[]): ProtocolVersion =>
  events.some(({ version }) => version === 2) ? 2 : 1;

/**
 * The part of a run's summary that follows from its events and annotations. `status` is how the run ended if its last
 * event reports that, otherwise `paused` or `running`. A store does not know whether the publisher is connected or
 * whether the run's folder has a model.
 */
export type StoredSummary = Omit<RunSummary, 'connected' | 'commands' | 'model'>;

/** Maximum size of a summary's JSON without its title and note. It is limited because each of its events may have 900 kB. */
export const maxSummaryBytes = 16 * 1024;

/** The number of summaries that a store caches; each takes about 6 kB, and at most 16 kB and its note. */
export const maxCachedSummaries = 1_000;

/** An entry of the list of runs, which a store returns without reading events. */
export interface RunListEntry {
  runId: string;
  /** A run that began later has a higher position. */
  position: number;
  pinned: boolean;
  /** Differs from its value before if the summary of the run may have changed. */
  change: string;
}

export interface RunListOptions {
  /** The maximum number of runs. */
  limit: number;
  /** Only runs with a lower position are included. */
  before?: number | undefined;
}

export interface EventPageOptions {
  /** Only events with a greater seq are included. */
  after: number;
  /** The maximum number of events; a page may have fewer, even none, although more follow. */
  limit: number;
  /** The types of events to include; all when omitted. */
  types?: readonly EventType[] | undefined;
}

/** Events of a run in the order of seq, and where the next page begins. */
export interface EventPage {
  /** The events that can be read. */
  events: StoredEvent[];
  /** The seqs of the events in the same range that cannot be read; absent if there are none. */
  unreadable?: readonly number[];
  /** The stream of the events; undefined when there is no such run, or when it was replaced while it was read. */
  stream: string | undefined;
  /** The version of the run when the page was read: no event of the page needs a higher one. */
  version: ProtocolVersion;
  /** Every requested event up to this seq is in this page or an earlier one: the `after` of the next page. */
  through: number;
  /** Whether the run has events after `through`. */
  more: boolean;
}

/** The end of a run's stored events. */
export interface StreamPosition {
  /** The random id of the run's stored events: see `newStreamId`. */
  stream: string;
  lastSeq: number;
  /** The lowest version of the protocol that has every event up to `lastSeq`. */
  version: ProtocolVersion;
}

/**
 * Stores the events of every run. Every implementation passes the suite in `test/store/store-suite.ts`. A failure of
 * the disk or the server is a `MonitorError` with a code `store.…`. A failed operation has changed nothing, except that
 * a failed `append` may be complete when its outcome is unknown.
 */
export interface Store {
  /**
   * Appends events to a run, all or none, and resolves with the run's last seq when they are durable. Events up to the
   * stored last seq are ignored.
   * @param stream The stream that the run has to have; a new run gets it. When omitted, the run may have any stream, and
   * a new run gets a random one.
   * @throws SeqGapError (`event-rules.ts`) when a seq is missing, OtherStreamError when the run has another stream.
   */
  append(runId: string, events: readonly NewEvent[], stream?: string): Promise<number>;
  /** Resolves with the last stored seq of a run; 0 when there is none. */
  lastSeq(runId: string): Promise<number>;
  /** Resolves with the stream of a run and its last seq; undefined when there is no such run. */
  position(runId: string): Promise<StreamPosition | undefined>;
  /**
   * Gives a run another stream id, of the same origin, if it still has `stream`: called when events of the stream were
   * lost. False when the run has another stream already, or is removed.
   */
  renewStream(runId: string, stream: string): Promise<boolean>;
  /** Resolves with the next events of a run; with an empty page when there is no such run. */
  page(runId: string, options: EventPageOptions): Promise<EventPage>;
  /**
   * Resolves with the summary of a run; undefined when there is no such run.
   * @throws DamagedRunError when events of the summary are missing or cannot be read.
   */
  summary(runId: string): Promise<StoredSummary | undefined>;
  /**
   * Resolves with the runs, the newest first: in the order in which this store received the first event of each, since the
   * publishers' clocks differ. No event is read, so large events do not slow it down.
   */
  runs(options: RunListOptions): Promise<RunListEntry[]>;
  /** Changes the title, note, pin, name or tags of a run; false when there is no such run. */
  annotate(runId: string, changes: RunChanges): Promise<boolean>;
  /**
   * Removes a run and all its events; false when there is no such run. When it resolves, the run is no longer found, and
   * a new run may have its id. The disk space is reclaimed in small steps afterwards.
   */
  remove(runId: string): Promise<boolean>;
  /** Resolves when no failure is found, after repairing what can be repaired. Cheap while no operation fails. */
  check(): Promise<void>;
  close(): Promise<void>;
}
