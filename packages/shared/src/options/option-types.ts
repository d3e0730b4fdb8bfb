import { z } from 'zod';
import { runIdSchema } from '../schemas/events.ts';
import { numericString } from '../schemas/numeric-string.ts';

/** A flag with its variable. */
export interface OptionDefinition<T> {
  /** What a valid value is, in words: for the error line and for --help. */
  expected: string;
  /** Reads the text of a flag or variable; undefined when it does not fit. */
  parse(text: string): T | undefined;
  default: T;
  help: string;
  /** `none`: a flag by itself; `optional`: a value may follow. */
  value: 'required' | 'optional' | 'none';
}

const parseWith =
  <T>(schema: z.ZodType<T>) =>
  (text: string): T | undefined => {
    const result = schema.safeParse(text);
    return result.success ? result.data : undefined;
  };

/** Makes the options of one kind of number, each with bounds of its own. */
const bounded =
  (what: string, kind: z.ZodNumber) =>
  <D extends number | undefined>(
    min: number,
    max: number,
    fallback: D,
    help: string,
  ): OptionDefinition<number | D> => ({
    expected: `${what} from ${min} to ${max}`,
    parse: parseWith(numericString.pipe(kind.min(min).max(max))),
    default: fallback,
    help,
    value: 'required',
  });
export const integer = bounded('a whole number', z.int());
export const decimal = bounded('a number', z.number());

/** A text that is not empty. */
export function string<D extends string | undefined>(
  expected: string,
  fallback: D,
  help: string,
): OptionDefinition<string | D> {
  const read = parseWith(z.string().min(1).max(4_096));
  return { expected, parse: read, default: fallback, help, value: 'required' };
}

/** One of a few words. */
export function choice<const V extends string, D extends V | undefined>(
  values: readonly V[],
  fallback: D,
  help: string,
): OptionDefinition<V | D> {
  const read = (given: string): V | undefined => values.find((value) => value === given);
  return {
    expected: `one of ${values.join(', ')}`,
    parse: read,
    default: fallback,
    help: `${values.join('|')}: ${help}`,
    value: 'required',
  };
}

/** A flag that needs no value. */
export function boolean<D extends boolean | undefined>(
  fallback: D,
  help: string,
): OptionDefinition<boolean | D> {
  const read = (given: string): boolean | undefined => {
    if (['1', 'true', 'yes', 'on', ''].includes(given)) return true;
    if (['0', 'false', 'no', 'off'].includes(given)) return false;
    return undefined;
  };
  return { expected: 'true or false', parse: read, default: fallback, help, value: 'none' };
}

/** The id of a run. */
export const parseRunId = parseWith(runIdSchema);

/** What a WebSocket can be opened to. */
export function parseWebSocketUrl(given: string): string | undefined {
  if (!URL.canParse(given)) return undefined;
  const { protocol, hostname, hash } = new URL(given);
  return ['ws:', 'wss:'].includes(protocol) && hostname !== '' && hash === '' ? given : undefined;
}

/** Whole addresses only: a host for TCP, a path for a socket. */
export function parseRedisUrl(given: string): string | undefined {
  if (!URL.canParse(given)) return undefined;
  const { protocol, hostname, pathname } = new URL(given);
  if (protocol === 'unix:') return hostname === '' && pathname.length > 1 ? given : undefined;
  const isRedis = ['redis:', 'rediss:'].includes(protocol) && hostname !== '' && /^\/?\d*$/.test(pathname);
  return isRedis ? given : undefined;
}

/** Addresses and networks, separated by commas. */
export const parseNetworks = parseWith(
  z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).max(100)),
);

/** As browsers write them: scheme, host, and a port that is not the scheme's own. `null`, of files, names nobody. */
export const parseOrigins = parseWith(
  z
    .string()
    .max(4_096)
    .transform((given) => given.split(','))
    .pipe(
      z.array(
        z
          .string()
          .refine(
            (origin) => /^https?:/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin,
          ),
      ),
    ),
);
