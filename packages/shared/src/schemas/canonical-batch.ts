import type { ProtocolVersion } from '../protocol/constants.ts';
import { eventLimits } from '../protocol/event-limits.ts';
import { metricNamePattern } from '../protocol/metric-name.ts';
import { isRunId } from '../protocol/run-id.ts';
import type { EventOf } from './events.ts';

/**
 * Matches times as `Date.toISOString` writes them, or Python's `isoformat` in UTC. Times on 29 February are left to the
 * schema.
 */
const isoTime =
  /^\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}(?:\d{3})?(?:Z|\+00:00)$/;

/**
 * Returns whether a value is a `batch` event in its usual form: with no unknown fields, and with finite numbers. The
 * schema accepts every value that this function accepts, which a test checks, and some more. Most events have this form,
 * and this check takes a twentieth of the schema's time.
 */
export const isCanonicalBatch = (raw: unknown): raw is EventOf<'batch'> =>
  canonicalBatchVersion(raw) !== undefined;

/**
 * Returns the lowest version of the protocol that has a `batch` event in its usual form; undefined for every other value,
 * which only the schemas can check.
 */
export function canonicalBatchVersion(raw: unknown): ProtocolVersion | undefined {
  if (!isRecord(raw) || raw.type !== 'batch' || raw.v !== 1 || !isPositiveInteger(raw.seq)) return undefined;
  const { time, data } = raw;
  if (typeof raw.runId !== 'string' || !isRunId(raw.runId)) return undefined;
  if (typeof time !== 'string' || !isoTime.test(time) || !isRecord(data) || countKeys(raw) !== 6)
    return undefined;
  if (hasVersion1Fields(data)) {
    // Version 1 ignores the fields that only version 2 has.
    const known = 9 + presence(data.throughput) + presence(data.metrics);
    const areValid = isAbsentOr(data.throughput, Number.isFinite) && isAbsentOr(data.metrics, areMetrics);
    return areValid && countKeys(data) === known ? 1 : undefined;
  }
  return isVersion2Data(data) ? 2 : undefined;
}

const hasVersion1Fields = (data: Record<string, unknown>): boolean =>
  isPositiveInteger(data.epoch) &&
  isPositiveInteger(data.batch) &&
  isPositiveInteger(data.step) &&
  Number.isFinite(data.loss) &&
  Number.isFinite(data.accuracy) &&
  Number.isFinite(data.learningRate) &&
  Number.isFinite(data.imagesPerSecond) &&
  isDuration(data.elapsedSeconds) &&
  (data.etaSeconds === null || isDuration(data.etaSeconds));

const optionalFields = {
  epoch: isPositiveInteger,
  batch: isPositiveInteger,
  accuracy: Number.isFinite,
  learningRate: Number.isFinite,
  throughput: Number.isFinite,
  imagesPerSecond: Number.isFinite,
  elapsedSeconds: isDuration,
  etaSeconds: isDuration,
  metrics: areMetrics,
};

function isVersion2Data(data: Record<string, unknown>): boolean {
  if (!(Number.isSafeInteger(data.step) && (data.step as number) >= 0 && Number.isFinite(data.loss)))
    return false;
  let known = 2;
  for (const name in optionalFields) {
    const key = name as keyof typeof optionalFields;
    if (!isAbsentOr(data[key], optionalFields[key])) return false;
    known += presence(data[key]);
  }
  return countKeys(data) === known;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function isPositiveInteger(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

// Excludes Infinity, which `JSON.parse` returns for 1e999.
function isDuration(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

function areMetrics(value: unknown): boolean {
  if (!isRecord(value) || Array.isArray(value)) return false;
  let count = 0;
  for (const name in value)
    if (++count > eventLimits.metrics || !metricNamePattern.test(name) || !Number.isFinite(value[name]))
      return false;
  return true;
}

const isAbsentOr = (value: unknown, isValid: (value: unknown) => boolean): boolean =>
  value === undefined || value === null || isValid(value);

const presence = (value: unknown): number => (value === undefined ? 0 : 1);

function countKeys(record: object): number {
  let count = 0;
  for (const _key in record) count++;
  return count;
}
