import {
  type DecodeFailure,
  type DecodeResult,
  encode,
  type MonitorEvent,
  measureIssues,
  type ProtocolVersion,
  type ValidationIssue,
} from '@mnist-monitor/shared';
import { jsonIssue } from '../json-issue.ts';
import type { Limits } from '../limits.ts';
import type { NewEvent } from '../store/store.ts';
import { byteIssues } from './byte-issues.ts';

/** An event that was decoded from the text of a message. */
export interface PublishedEvent {
  event: MonitorEvent;
  text: string;
  /** The version of the protocol that the event needs, or 2 without a check when an earlier event of the run needs 2. */
  version: ProtocolVersion;
}

/**
 * Checks an event by the rules that its schema does not contain, and returns the event to store: byte for byte as it was
 * published, including fields that this version does not know. Line breaks between tokens become spaces, so that an
 * event is one line of an export.
 */
export function checkPublished(
  { event, text, version }: PublishedEvent,
  { eventBytes, jsonDepth }: Pick<Limits, 'eventBytes' | 'jsonDepth'>,
): DecodeResult<NewEvent> {
  const json = text.replace(/[\r\n]/g, ' ');
  // A text that equals that of `encode` has each field once, so it passes `jsonIssue` unless a metric is named `__proto__` or a text
  // contains half of a surrogate pair.
  const isUsual = !/__proto__|\\u[dD]/.test(json) && json === encode(event);
  const issue = sizeIssue(json, eventBytes) ?? (isUsual ? undefined : jsonIssue(json, jsonDepth));
  const issues = issue ? [issue] : [...measureIssues(event), ...byteIssues(event)].slice(0, maxIssues);
  if (issues.length === 0)
    return { ok: true, value: { seq: event.seq, type: event.type, json, event, version } };
  const error: DecodeFailure = { code: 'message.invalid', issues, raw: event };
  return { ok: false, error };
}

/** The maximum number of issues, as many as are reported for a message that does not match its schema. */
export const maxIssues = 5;

function sizeIssue(json: string, maxBytes: number): ValidationIssue | undefined {
  // A UTF-16 unit has at most 3 bytes in UTF-8, so nearly all events pass without counting their bytes.
  if (3 * json.length <= maxBytes) return undefined;
  const bytes = Buffer.byteLength(json);
  if (bytes <= maxBytes) return undefined;
  return { path: '', message: `expected an event of at most ${maxBytes} bytes, got ${bytes}` };
}
