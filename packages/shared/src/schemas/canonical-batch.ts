import { isRunId } from '../protocol/run-id.ts';
import type { EventOf } from './events.ts';

/**
 * Matches times as `Date.toISOString` writes them, or Python's `isoformat` in UTC. Times on 29 February are left to the
 * schema.
 */
const isoTime =
  /^\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}(?:\d{3})?(?:Z|\+00:00)$/;

/**
 * Returns whether a value is a `batch` event in its usual form: with no other fields, and with finite numbers. The schema
 * accepts every value that this function accepts, which a test checks, and some more. Most events have this form, and
 * this check takes a twentieth of the schema's time.
 */
export function isCanonicalBatch(raw: unknown): raw is EventOf<'batch'> {
  if (!isRecord(raw) || raw.type !== 'batch' || raw.v !== 1 || !isPositiveInteger(raw.seq)) return false;
  const { time, data } = raw;
  if (typeof raw.runId !== 'string' || !isRunId(raw.runId)) return false;
  if (typeof time !== 'string' || !isoTime.test(time) || !isRecord(data)) return false;
  const { etaSeconds } = data;
  return (
    isPositiveInteger(data.epoch) &&
    isPositiveInteger(data.batch) &&
    isPositiveInteger(data.step) &&
    Number.isFinite(data.loss) &&
    Number.isFinite(data.accuracy) &&
    Number.isFinite(data.learningRate) &&
    Number.isFinite(data.imagesPerSecond) &&
    isDuration(data.elapsedSeconds) &&
    (etaSeconds === null || isDuration(etaSeconds)) &&
    countKeys(data) === 9 &&
    countKeys(raw) === 6
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isPositiveInteger = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
// `JSON.parse` reads 1e999 as Infinity.
const isDuration = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;

function countKeys(record: object): number {
  let count = 0;
  for (const _key in record) count++;
  return count;
}
