import { type DecodeResult, decode, validate } from '../protocol/codec.ts';
import { isCanonicalBatch } from './canonical-batch.ts';
import { eventSchema, type MonitorEvent } from './events.ts';
import { type LiveControl, liveMessageSchema } from './live-messages.ts';

/** Reads one WebSocket message of the live feed: one result, or one for each event of an `events` message. */
export type LiveDecoder = (text: string) => readonly DecodeResult<MonitorEvent | LiveControl>[];

/** Reads one WebSocket message of the live feed and validates everything in it against the schemas. */
export const decodeLive: LiveDecoder = (text) => {
  const result = decode(liveMessageSchema, text, isCanonicalBatch);
  if (!result.ok) return [result];
  const message = result.value;
  return message.type === 'events' ? message.events.map(validateEvent) : [{ ok: true, value: message }];
};

const validateEvent = (raw: unknown): DecodeResult<MonitorEvent> =>
  isCanonicalBatch(raw) ? { ok: true, value: raw } : validate(eventSchema, raw);
