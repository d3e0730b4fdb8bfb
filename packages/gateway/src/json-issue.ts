import {
  type DecodeResult,
  decodeFailure,
  parseJson,
  type ValidationIssue,
  validate,
} from '@mnist-monitor/shared';
import type { z } from 'zod';
import type { Limits } from './limits.ts';

/**
 * Decodes a message or body of a client: validates it against a schema, as `decode` does, and refuses JSON that other
 * parsers read differently (`jsonIssue`). Never throws.
 */
export function decodeFromClient<S extends z.ZodType>(
  schema: S,
  text: string,
  { jsonDepth }: Pick<Limits, 'jsonDepth'>,
): DecodeResult<z.infer<S>> {
  const parsed = parseJson(text);
  if (!parsed.ok) return parsed;
  const issue = jsonIssue(text, jsonDepth);
  return issue ? decodeFailure('message.invalid', [issue], parsed.value) : validate(schema, parsed.value);
}

/**
 * Returns the first problem of a valid JSON text that parsers may read differently or that may exhaust them; undefined if
 * there is none. These problems are a field that an object has twice, of which some parsers take the first and others the
 * last; a field named `__proto__`; half of a surrogate pair (`\ud800`), which many parsers refuse; and more than `maxDepth` nested
 * objects and lists.
 */
export function jsonIssue(json: string, maxDepth: number): ValidationIssue | undefined {
  /** The names of the fields of each open object; undefined for an open list. */
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{' || character === '[') {
      if (open.push(character === '{' ? new Set() : undefined) > maxDepth)
        return issue(`expected at most ${maxDepth} nested objects and lists, got more`);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(json, at);
      const names = open.at(-1);
      const text = json.slice(at, end);
      if (/\\u[dD]/.test(text) && !(JSON.parse(text) as string).isWellFormed())
        return issue('expected text of whole characters, got half of a surrogate pair');
      if (names && isFollowedByColon(json, end)) {
        const name: string = JSON.parse(text);
        if (names.has(name)) return issue(`expected each field once, got ${quoted(name)} twice`);
        if (name === '__proto__') return issue(`expected a field name other than ${quoted(name)}`);
        names.add(name);
      }
      at = end - 1;
    }
  }
  return undefined;
}

const issue = (message: string): ValidationIssue => ({ path: '', message });

/** Maximum number of characters of a name in a message. */
const nameLength = 50;
const quoted = (name: string): string => JSON.stringify(name.slice(0, nameLength));

/** Returns the position after the string that begins at `start`. */
function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end + 1;
}

const whitespace: ReadonlySet<string | undefined> = new Set([' ', '\t', '\r', '\n']);

function isFollowedByColon(json: string, from: number): boolean {
  let at = from;
  while (whitespace.has(json[at])) at++;
  return json[at] === ':';
}
