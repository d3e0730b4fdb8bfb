import {
  type DecodeFailure,
  eventEnvelopeSchema,
  formatIssues,
  type IngestServerMessage,
  type MonitorEvent,
  validate,
} from '@mnist-monitor/shared';
import { z } from 'zod';

const address = eventEnvelopeSchema.pick({ v: true, runId: true, seq: true });
const timed = eventEnvelopeSchema.pick({ time: true });
const typed = z.object({ type: z.string() });

/** What is left of an event whose data does not fit: the answer to its publisher, and a notice in its place. */
export interface Rejection {
  reply: IngestServerMessage;
  /** Has the event's seq, so that the run's numbers stay without gaps. */
  notice: MonitorEvent;
}

/** Reads what can be read of an event that does not validate; undefined when not even its place is known. */
export function toRejection(failure: DecodeFailure): Rejection | undefined {
  const place = validate(address, failure.raw);
  if (!place.ok) return undefined;
  const { seq } = place.value;
  const time = validate(timed, failure.raw);
  const type = validate(typed, failure.raw);
  const kind = type.ok ? `"${type.value.type.slice(0, 50)}"` : 'without a type';
  return {
    reply: { type: 'reject', seq, code: failure.code, issues: failure.issues },
    notice: {
      ...place.value,
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
