import { type DecodeResult, decodeFailure, parseJson } from '../protocol/codec.ts';
import { eventTypes } from '../protocol/constants.ts';
import type { LiveDecoder } from '../schemas/decode-live.ts';
import type { MonitorEvent } from '../schemas/events.ts';
import type { LiveControl } from '../schemas/live-messages.ts';
import type { RunList } from '../schemas/runs.ts';

const controlTypes = [
  'hello',
  'live',
  'gap',
  'store',
  'status',
  'trainers',
  'annotated',
  'removed',
  'commandResult',
  'heartbeat',
] as const satisfies LiveControl['type'][];

const knownEventTypes = new Set<unknown>(eventTypes);
const knownControlTypes = new Set<unknown>(controlTypes);

/**
 * Reads one WebSocket message of a gateway, which has validated each event on arrival. This decoder checks only the envelope
 * (`type`; `v`, `runId`, `seq`, `time` and `data` of an event) and needs no schema library, which saves a page 29 kB (gzip) of
 * JavaScript. Use it where the page and the feed come from the same gateway.
 */
export const decodeTrusted: LiveDecoder = (text) => {
  const parsed = parseWithNonFinite(text);
  if (!parsed.ok) return [parsed];
  const { value } = parsed;
  if (isRecord(value) && value.type === 'events' && Array.isArray(value.events))
    return value.events.map(checkEvent);
  return [isRecord(value) && knownControlTypes.has(value.type) ? checkControl(value) : checkEvent(value)];
};

/** Reads a page of the list of runs (`GET /api/runs`) without schemas, as `decodeTrusted` reads messages. */
export function decodeTrustedRunList(text: string): DecodeResult<RunList> {
  const parsed = parseWithNonFinite(text);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  const runs = isRecord(value) ? value.runs : undefined;
  if (!Array.isArray(runs) || !runs.every((run) => isRecord(run) && typeof run.runId === 'string'))
    return invalid('runs', 'expected a list of runs', value);
  return { ok: true, value: value as RunList };
}

function checkEvent(raw: unknown): DecodeResult<MonitorEvent> {
  if (!isRecord(raw)) return invalid('', 'expected an object', raw);
  if (!knownEventTypes.has(raw.type)) return invalid('type', 'expected a known type of message', raw);
  if (raw.v !== 1) return invalid('v', 'expected 1', raw);
  if (typeof raw.runId !== 'string') return invalid('runId', 'expected a string', raw);
  if (!Number.isSafeInteger(raw.seq)) return invalid('seq', 'expected an integer', raw);
  if (typeof raw.time !== 'string') return invalid('time', 'expected a string', raw);
  if (!isRecord(raw.data)) return invalid('data', 'expected an object', raw);
  return { ok: true, value: raw as unknown as MonitorEvent };
}

function checkControl(raw: Record<string, unknown>): DecodeResult<LiveControl> {
  const message = raw as unknown as LiveControl;
  if (message.type === 'hello' && typeof message.heartbeatMs !== 'number')
    return invalid('heartbeatMs', 'expected a number', raw);
  return { ok: true, value: message };
}

/**
 * The fields whose numbers may be NaN or infinite, which are sent as strings: a number, a list of them, a table of them
 * (`rows`), or a number for each name (`metrics`).
 */
const metricFields = new Set([
  'loss',
  'accuracy',
  'learningRate',
  'throughput',
  'imagesPerSecond',
  'probabilities',
  'value',
  'metrics',
  'weightNorm',
  'gradientNorm',
  'updateRatio',
  'edges',
  'rows',
]);

/**
 * Parses JSON and converts the strings of numbers that are not finite, such as `"NaN"`, to numbers. A reviver makes parsing
 * several times slower, so it is used only for a text with such a string.
 */
export const parseWithNonFinite = (text: string): DecodeResult<unknown> =>
  parseJson(text, /"(?:NaN|-?Infinity)"/.test(text) ? reviveNonFinite : undefined);

function reviveNonFinite(key: string, value: unknown): unknown {
  return metricFields.has(key) ? toNumbers(value) : value;
}

function toNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toNumbers);
  if (!isRecord(value)) return toNumber(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toNumber(each)]));
}

const toNumber = (value: unknown): unknown =>
  value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const invalid = (path: string, message: string, raw: unknown) =>
  decodeFailure('message.invalid', [{ path, message }], raw);
