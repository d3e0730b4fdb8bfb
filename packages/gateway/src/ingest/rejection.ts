import {
  type DecodeFailure,
  eventEnvelopeSchema,
  formatIssues,
  type IngestServerMessage,
  type MonitorEvent,
  printable,
  type ValidationIssue,
  validate,
} from '@mnist-monitor/shared';
import { z } from 'zod';

const identitySchema = eventEnvelopeSchema.pick({ v: true, runId: true, seq: true });
const timeSchema = eventEnvelopeSchema.pick({ time: true });
const typeSchema = z.object({ type: z.string() });

/** The reply to an invalid event, and the notice to store instead of the event. */
export interface Rejection {
  reply: IngestServerMessage;
  /** The notice that is stored with the seq of the event, so that the run has no gap. */
  notice: MonitorEvent;
}

/** Escapes invisible characters in an issue, which may come from names in the event: publishers write issues to their consoles. */
const printableIssue = ({ path, message }: ValidationIssue): ValidationIssue => ({
  path: printable(path),
  message: printable(message),
});

/** Makes the reply and the notice for an invalid event; undefined when its `v`, run or seq is invalid. */
export function toRejection(failure: DecodeFailure): Rejection | undefined {
  const identified = validate(identitySchema, failure.raw);
  if (!identified.ok) return undefined;
  const { seq } = identified.value;
  const time = validate(timeSchema, failure.raw);
  const type = validate(typeSchema, failure.raw);
  const kind = type.ok ? `"${type.value.type.slice(0, 50)}"` : 'without a type';
  return {
    reply: { type: 'reject', seq, code: failure.code, issues: failure.issues.map(printableIssue) },
    notice: {
      ...identified.value,
      time: time.ok ? time.value.time : new Date().toISOString(),
      type: 'notice',
      data: {
        level: 'error',
        code: 'event.rejected',
        message: `Event ${seq} (${kind}) does not fit the protocol: ${formatIssues(failure.issues)}`,
        step: null,
      },
    },
  };
}
