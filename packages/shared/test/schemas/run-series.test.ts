import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { type EventType, eventDataSchemas, eventTypes, seriesFields } from '../../src/index.ts';

/** Returns the path of each number in a schema of data, without those in lists and records. */
function numbersIn(schema: z.core.$ZodType, path: string): string[] {
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([name, each]) => numbersIn(each, `${path}.${name}`));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return numbersIn(schema.unwrap(), path);
  if (schema instanceof z.ZodUnion)
    return schema.options.some((each) => each instanceof z.ZodNumber) ? [path] : [];
  return schema instanceof z.ZodNumber ? [path] : [];
}

test('each field of a series is a number of the data of its event, and is listed once', () => {
  const numbers = eventTypes.flatMap((type: EventType) => numbersIn(eventDataSchemas[type], type));
  expect(seriesFields.filter((field) => !numbers.includes(field))).toEqual([]);
  expect(new Set(seriesFields).size).toBe(seriesFields.length);
});
