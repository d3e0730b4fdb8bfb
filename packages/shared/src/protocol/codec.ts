import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import { issueText } from './issue-text.ts';
import { printable } from './printable.ts';

/** One problem of a message: the path to the field and what was expected there. */
export interface ValidationIssue {
  /** Names and indices joined by dots, such as `data.loss`; empty for the message itself. */
  path: string;
  message: string;
}

/** Why a message could not be decoded. */
export interface DecodeFailure {
  code: Extract<ErrorCode, 'message.malformed' | 'message.invalid'>;
  issues: ValidationIssue[];
  /** The parsed JSON before validation; undefined when the text is not JSON. */
  raw: unknown;
}

/** The decoded value, or the failure to decode it. */
export type DecodeResult<T> = { ok: true; value: T } | { ok: false; error: DecodeFailure };

/** Maximum number of issues listed for one message: the first few are enough to find a mistake. */
const issueLimit = 5;
/** Maximum length of each text in an issue, in characters, so that a client cannot fill the log. */
const issueLength = 200;

/**
 * Writes a message as JSON. NaN and the infinities become the strings `"NaN"`, `"Infinity"` and `"-Infinity"`, which
 * the schemas read back as numbers.
 *
 * @example encode({ type: 'ack', seq: 7 }) // '{"type":"ack","seq":7}'
 */
export function encode(message: object): string {
  const json = JSON.stringify(message);
  // JSON.stringify writes non-finite numbers as null. The slow replacer is used only if the text contains one.
  return json.includes('null') ? JSON.stringify(message, nameNonFinite) : json;
}

const nameNonFinite = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/**
 * Parses a message and validates it against a schema. Never throws: a failure contains the issues found.
 *
 * @param isValid A fast check that is called first: a message that it accepts skips the slower schema. Useful for the
 * most frequent messages.
 * @example
 * const result = decode(eventSchema, text);
 * if (result.ok) console.log(result.value.type);
 * else console.error(formatIssues(result.error.issues));
 */
export function decode<S extends z.ZodType>(
  schema: S,
  text: string,
  isValid?: (raw: unknown) => raw is z.infer<S>,
): DecodeResult<z.infer<S>> {
  const parsed = parseJson(text);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  return isValid?.(value) ? { ok: true, value } : validate(schema, value);
}

type Reviver = (key: string, value: unknown) => unknown;

/** Parses JSON without validation. Never throws. */
export function parseJson(text: string, reviver?: Reviver): DecodeResult<unknown> {
  try {
    return { ok: true, value: JSON.parse(text, reviver) };
  } catch (cause) {
    const message = `expected JSON: ${(cause as Error).message.slice(0, issueLength)}`;
    return decodeFailure('message.malformed', [{ path: '', message }], undefined);
  }
}

/** Validates a parsed value, such as the fields of a query string, against a schema. Never throws. */
export function validate<S extends z.ZodType>(schema: S, raw: unknown): DecodeResult<z.infer<S>> {
  const result = schema.safeParse(raw, { error: issueText });
  if (result.success) return { ok: true, value: result.data };
  const issues = result.error.issues.slice(0, issueLimit).map(({ path, message }) => ({
    path: path.join('.').slice(0, issueLength),
    message: message.slice(0, issueLength),
  }));
  return decodeFailure('message.invalid', issues, raw);
}

/** Builds the result of a message that could not be decoded. */
export const decodeFailure = (
  code: DecodeFailure['code'],
  issues: ValidationIssue[],
  raw: unknown,
): { ok: false; error: DecodeFailure } => ({ ok: false, error: { code, issues, raw } });

/** Joins issues into one line for a log or a console. */
export function formatIssues(issues: readonly ValidationIssue[]): string {
  return printable(issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '));
}
