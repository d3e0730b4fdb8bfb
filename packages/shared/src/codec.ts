import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/** One thing that is wrong with a message: where, and what was expected there. */
export interface ValidationIssue {
  path: string;
  message: string;
}

export interface DecodeFailure {
  code: Extract<ErrorCode, 'message.malformed' | 'message.invalid'>;
  issues: ValidationIssue[];
  /** What `JSON.parse` made of the text, unchecked; undefined when it is not JSON. */
  raw: unknown;
}

export type DecodeResult<T> = { ok: true; value: T } | { ok: false; error: DecodeFailure };

/** How many issues of one message are worth telling. */
const issueLimit = 5;

/** Writes a message as JSON; NaN and the infinities become strings, as the schemas read them. */
export function encode(message: object): string {
  const json = JSON.stringify(message);
  // JSON.stringify writes them as null: only then is it worth the slow way, which looks at each value.
  return json.includes('null') ? JSON.stringify(message, nameNonFinite) : json;
}

const nameNonFinite = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/**
 * Reads and checks a message. The only `JSON.parse` of what comes from outside; it never throws. What `isFit` takes is
 * not shown to the schema: for messages so frequent that the schema would cost too much.
 */
export function decode<S extends z.ZodType>(
  schema: S,
  text: string,
  isFit?: (raw: unknown) => raw is z.infer<S>,
): DecodeResult<z.infer<S>> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    const issues = [{ path: '', message: `expected JSON: ${(cause as Error).message.slice(0, 200)}` }];
    return { ok: false, error: { code: 'message.malformed', issues, raw: undefined } };
  }
  return isFit?.(raw) ? { ok: true, value: raw } : validate(schema, raw);
}

/** Checks a value that is parsed already, such as a query string's fields. */
export function validate<S extends z.ZodType>(schema: S, raw: unknown): DecodeResult<z.infer<S>> {
  const result = schema.safeParse(raw);
  if (result.success) return { ok: true, value: result.data };
  const issues = result.error.issues
    .slice(0, issueLimit)
    .map(({ path, message }) => ({ path: path.join('.').slice(0, 200), message: message.slice(0, 200) }));
  return { ok: false, error: { code: 'message.invalid', issues, raw } };
}

/** The issues as one line for a log or a console. */
export function formatIssues(issues: readonly ValidationIssue[]): string {
  return issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
}
