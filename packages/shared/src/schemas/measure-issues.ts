import { z } from 'zod';
import type { ValidationIssue } from '../protocol/codec.ts';
import { type EventType, eventTypes } from '../protocol/constants.ts';
import { type MeasureRange, measureText, valueText } from '../protocol/issue-text.ts';
import { eventDataSchemas, type MonitorEvent } from './events.ts';

/** The path of a measured number in the data of an event, and its range. `*` matches each item of a list. */
interface RangedPath {
  path: readonly string[];
  range: MeasureRange;
}

/** Amount by which a measured number may be outside its range: a mean in float32 may be 1.0000001. */
const tolerance = 1e-6;

const rangedPaths = Object.fromEntries(
  eventTypes.map((type) => [type, rangesIn(eventDataSchemas[type], ['data'])]),
) as Record<EventType, RangedPath[]>;

/**
 * Returns an issue for each measured number of an event that is outside its range. The gateway refuses such events when
 * they are published. The schema of events accepts them, so that runs stored by older gateways can still be read.
 */
export function measureIssues(event: MonitorEvent): ValidationIssue[] {
  return rangedPaths[event.type].flatMap(({ path, range }) =>
    valuesAt(event, path)
      .filter(({ value }) => !isWithin(value, range))
      .map(({ location, value }) => ({
        path: location.join('.'),
        message: `expected ${measureText(range)}, got ${valueText(value)}`,
      })),
  );
}

function isWithin(value: unknown, { minimum, maximum }: MeasureRange): boolean {
  if (typeof value !== 'number' || Number.isNaN(value)) return true;
  return value >= (minimum ?? -Infinity) - tolerance && value <= (maximum ?? Infinity) + tolerance;
}

/** Finds the measured numbers with a range in the schema of an event's data. */
function rangesIn(schema: z.core.$ZodType, path: readonly string[]): RangedPath[] {
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([name, each]) => rangesIn(each, [...path, name]));
  if (schema instanceof z.ZodArray) return rangesIn(schema.element, [...path, '*']);
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional)
    return rangesIn(schema.unwrap(), path);
  // A measured number is a union of a number, which has the range, and the words for those that are not finite.
  const [number] = schema instanceof z.ZodUnion ? schema.options : [];
  const range = number instanceof z.ZodNumber ? (number.meta() as MeasureRange | undefined) : undefined;
  return range?.minimum === undefined ? [] : [{ path, range }];
}

/** Returns the values at a path, each with its location: the path with the indices of list items instead of `*`. */
function valuesAt(
  value: unknown,
  [name, ...rest]: readonly string[],
  location: readonly (string | number)[] = [],
): { location: readonly (string | number)[]; value: unknown }[] {
  if (name === undefined) return [{ location, value }];
  if (typeof value !== 'object' || value === null) return [];
  if (name !== '*') return valuesAt((value as Record<string, unknown>)[name], rest, [...location, name]);
  return (value as unknown[]).flatMap((item, index) => valuesAt(item, rest, [...location, index]));
}
