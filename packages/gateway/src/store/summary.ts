import {
  decode,
  type EventOf,
  type EventType,
  eventSchema,
  type MonitorEvent,
  type ProtocolVersion,
  version1EventSchema,
} from '@mnist-monitor/shared';
import { z } from 'zod';
import { DamagedRunError } from './damaged-run.ts';
import { shortenSummary } from './shorten-summary.ts';
import type { StoredSummary } from './store.ts';

/** The values that a summary is built from: a run's own values, and the JSON of some of its events. */
export interface SummaryRow {
  runId: string;
  stream: string;
  title: string | null;
  note: string | null;
  pinned: number;
  /** The name and the tags that a user gave, as JSON; null where the run has those of its publisher. */
  givenName: string | null;
  givenTags: string | null;
  /** The names of the run's custom metrics, as JSON; null if an older gateway stored events and did not collect the names. */
  metricNames: string | null;
  bytes: number;
  /** When the last event was stored, in milliseconds; null for runs of older gateways. */
  received: number | null;
  lastSeq: number;
  version: ProtocolVersion;
  /** Null when the store has lost every event of the run. */
  first: string | null;
  last: string | null;
  started: string | null;
  batch: string | null;
  epoch: string | null;
  bestAccuracy: number | null;
  /** The code of the last notice that paused or resumed the run. */
  lastPauseNotice: 'run.paused' | 'run.resumed' | null;
}

/**
 * A stored event: one of version 2, or one of version 1 that has a name of version 2 as a field of its own. Gateways of
 * version 1 have stored such events.
 */
const storedEventSchema = z.union([eventSchema, version1EventSchema]);

/**
 * Builds the summary of a run from its row.
 * @param store The file or the address of the store, for the error.
 * @throws DamagedRunError when events of the summary are missing or cannot be read.
 */
export function toSummary(row: SummaryRow, store: string): StoredSummary {
  const { runId, first, last } = row;
  if (first === null || last === null)
    throw new DamagedRunError(runId, 'its events are missing from the store', store);
  const parse = (json: string): MonitorEvent => {
    const result = decode(storedEventSchema, json);
    if (!result.ok) throw new DamagedRunError(runId, 'an event of it cannot be read', store);
    return result.value;
  };
  const ofType = <T extends EventType>(type: T, json: string | null): EventOf<T> | undefined => {
    const parsed = json === null ? undefined : parse(json);
    return parsed && isOf(parsed, type) ? parsed : undefined;
  };
  const finished = ofType('run.finished', last)?.data ?? null;
  const started = ofType('run.started', row.started)?.data ?? null;
  return shortenSummary({
    runId,
    stream: row.stream,
    status: finished?.status ?? (row.lastPauseNotice === 'run.paused' ? 'paused' : 'running'),
    startedAt: normalTime(parse(first).time),
    lastEventAt: normalTime(parse(last).time),
    ...(row.received !== null && { lastReceivedAt: new Date(row.received).toISOString() }),
    lastSeq: row.lastSeq,
    version: row.version,
    bytes: row.bytes,
    title: row.title,
    note: row.note,
    pinned: row.pinned !== 0,
    name: row.givenName === null ? (started?.name ?? null) : JSON.parse(row.givenName),
    tags: row.givenTags === null ? (started?.tags ?? []) : JSON.parse(row.givenTags),
    started,
    batch: ofType('batch', row.batch)?.data ?? null,
    epoch: ofType('epoch', row.epoch)?.data ?? null,
    bestAccuracy: row.bestAccuracy,
    finished,
    ...(row.metricNames !== null && { metricNames: JSON.parse(row.metricNames) }),
  });
}

/**
 * Writes a time in UTC with `Z`, and at most nine digits of a second; events may have `+00:00` instead, and any number of
 * digits.
 */
export const normalTime = (time: string): string => time.replace('+00:00', 'Z').replace(/(\.\d{9})\d+/, '$1');

function isOf<T extends EventType>(event: MonitorEvent, type: T): event is EventOf<T> {
  return event.type === type;
}
