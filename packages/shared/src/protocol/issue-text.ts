import type { z } from 'zod';
import { characterCount } from './character-count.ts';

/** Maximum number of characters of a received text in an issue: enough to recognize it. */
const valueLength = 50;

/**
 * Describes an issue of a schema as "expected …, got …". Returns undefined for the issues that a schema describes itself.
 *
 * @example issueText({ code: 'invalid_type', expected: 'number', input: 'high' }) // 'expected a number, got "high"'
 */
export function issueText(issue: z.core.$ZodRawIssue): string | undefined {
  const expected = expectedOf(issue);
  return expected === undefined ? undefined : `expected ${expected}, got ${receivedOf(issue)}`;
}

function expectedOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return isRepeated(issue)
        ? 'one value'
        : (typeNames[issue.expected as string] ?? String(issue.expected));
    case 'invalid_value':
      return isRepeated(issue) ? 'one value' : listOf(issue.values as unknown[]);
    case 'invalid_union':
      if (isRepeated(issue)) return 'one value';
      return Array.isArray(issue.options) ? listOf(issue.options) : eitherOf(issue);
    case 'too_small':
      return `${issue.exact ? '' : issue.inclusive ? 'at least ' : 'more than '}${amountOf(issue, issue.minimum)}`;
    case 'too_big':
      return `${issue.exact ? '' : issue.inclusive ? 'at most ' : 'less than '}${amountOf(issue, issue.maximum)}`;
    case 'invalid_format':
      return String(issue.format);
    default:
      return undefined;
  }
}

const typeNames: Record<string, string> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'an integer',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a string',
};

/** Returns whether several texts were received in place of one: a parameter that is repeated in a query. */
function isRepeated(issue: z.core.$ZodRawIssue): boolean {
  const { input } = issue;
  // A query has texts only: other lists are a mistake in an event.
  if (!Array.isArray(input) || input.length < 2 || input.some((each) => typeof each !== 'string'))
    return false;
  return [issue, ...branchesOf(issue)].some(isOfText);
}

/** Returns the first issue of each schema of a union. */
const branchesOf = ({ code, errors }: z.core.$ZodRawIssue): z.core.$ZodIssue[] =>
  code === 'invalid_union' && Array.isArray(errors)
    ? (errors as z.core.$ZodIssue[][]).flatMap((issues) => issues.slice(0, 1))
    : [];

const isOfText = ({
  code,
  expected,
  values,
}: {
  code?: string;
  expected?: unknown;
  values?: unknown;
}): boolean =>
  (code === 'invalid_type' && expected === 'string') ||
  (code === 'invalid_value' && (values as unknown[]).every((value) => typeof value === 'string'));

/** Describes what the schemas of a union expect; undefined if a schema describes its issue in another form. */
function eitherOf(issue: z.core.$ZodRawIssue): string | undefined {
  const parts = branchesOf(issue).map(({ message }) => /^expected (.+), got /.exec(message)?.[1]);
  return parts.length > 0 && parts.every((part) => part !== undefined)
    ? [...new Set(parts)].join(' or ')
    : undefined;
}

const units: Record<string, string> = { string: 'characters', array: 'items' };

const amountOf = ({ origin }: z.core.$ZodRawIssue, amount: unknown): string =>
  `${amount} ${units[String(origin)] ?? ''}`.trim();

const listOf = (values: readonly unknown[]): string =>
  values.length === 1 ? valueText(values[0]) : `one of ${values.map(valueText).join(', ')}`;

function receivedOf(issue: z.core.$ZodRawIssue): string {
  const { code, origin, input, discriminator } = issue;
  if (code === 'too_small' || code === 'too_big')
    return origin === 'number' || origin === 'int' ? valueText(input) : String(sizeOf(input));
  if (isRepeated(issue)) return String((input as unknown[]).length);
  if (code === 'invalid_union' && typeof discriminator === 'string')
    return valueText((input as Record<string, unknown>)[discriminator]);
  return valueText(input);
}

const sizeOf = (input: unknown): number =>
  typeof input === 'string' ? characterCount(input) : (input as unknown[]).length;

/** Writes a received value for an issue: a short value as JSON, and of a list or an object only its kind. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string')
    return JSON.stringify(value.length > valueLength ? `${value.slice(0, valueLength - 1)}…` : value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** The range of a measured number. Only `measureIssues` enforces it: stored runs of older gateways may be outside it. */
export interface MeasureRange {
  minimum?: number;
  maximum?: number;
}

/** Describes what is expected of a measured number. */
export function measureText({ minimum, maximum }: MeasureRange): string {
  if (minimum === undefined) return 'a number, "NaN", "Infinity" or "-Infinity"';
  return maximum === undefined
    ? `a number of at least ${minimum}, "NaN" or "Infinity"`
    : `a number from ${minimum} to ${maximum}, or "NaN"`;
}
