import { z } from 'zod';
import { type DecodeResult, parseJson, validate } from '../protocol/codec.ts';
import { isCanonicalBatch } from './canonical-batch.ts';
import { eventSchema, type MonitorEvent } from './events.ts';
import { type LiveControl, liveControlSchema } from './live-messages.ts';

/** Reads one WebSocket message of the live feed: one result, or one for each event of an `events` message. */
export type LiveDecoder = (text: string) => readonly DecodeResult<MonitorEvent | LiveControl>[];

/** Every message of the live feed except `events`. */
const singleMessageSchema = z.discriminatedUnion('type', [eventSchema, liveControlSchema]);

/** An `events` message whose events are not validated yet. */
const bundleSchema = z.object({ type: z.literal('events'), events: z.array(z.unknown()).min(1) });

/**
 * Reads one WebSocket message of the live feed and validates everything in it: `batch` events in their usual form by the
 * faster `isCanonicalBatch`, everything else against the schemas. The events of an `events` message are validated one by
 * one, so that an invalid one does not affect the others.
 */
export const decodeLive: LiveDecoder = (text) => {
  const parsed = parseJson(text);
  if (!parsed.ok) return [parsed];
  const raw = parsed.value;
  if (isCanonicalBatch(raw)) return [{ ok: true, value: raw }];
  if (!isBundle(raw)) return [validate(singleMessageSchema, raw)];
  const bundle = validate(bundleSchema, raw);
  return bundle.ok ? bundle.value.events.map(validateEvent) : [bundle];
};

const isBundle = (raw: unknown): boolean =>
  typeof raw === 'object' && raw !== null && (raw as { type?: unknown }).type === 'events';

const validateEvent = (raw: unknown): DecodeResult<MonitorEvent> =>
  isCanonicalBatch(raw) ? { ok: true, value: raw } : validate(eventSchema, raw);
