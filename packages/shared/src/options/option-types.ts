import { z } from 'zod';
import { runIdSchema } from '../schemas/envelope.ts';
import { numericString } from '../schemas/query-values.ts';
import { runNameSchema, tagsSchema } from '../schemas/run-started.ts';

/** One option of a command line, with its environment variable. */
export interface OptionDefinition<T> {
  /** `string` needs a value after its flag; `boolean` needs none. */
  type: 'string' | 'boolean';
  /** Description of a valid value, for errors: "expected …, got …". */
  expected: string;
  /** Parses the text of a flag or variable; returns undefined when it is invalid. */
  parse(text: string): T | undefined;
  default: T;
  /** Description for `--help`. */
  help: string;
  /** Whether the values of a repeated flag are joined with commas; otherwise the last one counts. */
  isRepeatable?: boolean;
}

/** Creates an option without a default. */
export const optional = <T>(
  expected: string,
  parse: (text: string) => T | undefined,
  help: string,
): OptionDefinition<T | undefined> => ({ type: 'string', expected, parse, default: undefined, help });

const parseWith =
  <T>(schema: z.ZodType<T>) =>
  (text: string): T | undefined =>
    schema.safeParse(text).data;

interface NumberOptions<D> {
  range: readonly [min: number, max: number];
  default?: D;
  help: string;
}

const numberOption =
  (what: string, kind: z.ZodNumber) =>
  <D extends number | undefined = undefined>({
    range: [min, max],
    default: fallback,
    help,
  }: NumberOptions<D>): OptionDefinition<number | D> => ({
    type: 'string',
    expected: `${what} from ${min} to ${max}`,
    parse: parseWith(numericString.pipe(kind.min(min).max(max))),
    default: fallback as D,
    help,
  });
/** Creates an option for a whole number within bounds. */
export const integer = numberOption('a whole number', z.int());
/** Creates an option for a number within bounds. */
export const decimal = numberOption('a number', z.number());

/** Creates an option for a text of 1 to 4,096 characters. */
export function string<D extends string | undefined>(
  expected: string,
  fallback: D,
  help: string,
): OptionDefinition<string | D> {
  return {
    type: 'string',
    expected,
    parse: parseWith(z.string().min(1).max(4_096)),
    default: fallback,
    help,
  };
}

/** Creates an option for a secret, which has to be long enough that it cannot be guessed. */
export const secret = (help: string): OptionDefinition<string | undefined> =>
  optional(
    `a secret of ${minSecretLength} to 500 characters`,
    parseWith(
      z
        .string()
        .max(500)
        .refine((text) => text.trim().length >= minSecretLength),
    ),
    help,
  );

const minSecretLength = 16;

/** Creates an option whose value is one of the given words. */
export function choice<const V extends string, D extends V | undefined>(
  values: readonly V[],
  fallback: D,
  help: string,
): OptionDefinition<V | D> {
  return {
    type: 'string',
    expected: `one of ${values.join(', ')}`,
    parse: (text) => values.find((value) => value === text),
    default: fallback,
    help: `${values.join('|')}: ${help}`,
  };
}

/** Creates an option whose flag needs no value. Its variable may be 1, true, yes or on; or 0, false, no or off. */
export function boolean<D extends boolean | undefined>(
  fallback: D,
  help: string,
): OptionDefinition<boolean | D> {
  const parse = (text: string): boolean | undefined => {
    if (['1', 'true', 'yes', 'on', ''].includes(text)) return true;
    if (['0', 'false', 'no', 'off'].includes(text)) return false;
    return undefined;
  };
  return { type: 'boolean', expected: 'true or false', parse, default: fallback, help };
}

/** Returns whether Windows cannot have a file of this name: it names a device, with any extension, or ends with a dot. */
const isReservedOnWindows = (name: string): boolean => /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|\.$/i.test(name);

/** Parses the id of a run. Ids that cannot name a folder on Windows are invalid, so that folders can be copied there. */
export const parseRunId = parseWith(runIdSchema.refine((id) => !isReservedOnWindows(id)));

const parseHost = parseWith(
  z
    .string()
    .min(1)
    .max(4_096)
    .transform((text) => text.replace(/^\[(.+)\]$/, '$1')),
);

/** Creates an option for an address to listen on; an IPv6 address may be in brackets, as in a URL. */
export function address<D extends string | undefined>(
  fallback: D,
  help: string,
): OptionDefinition<string | D> {
  return { type: 'string', expected: 'an address', parse: parseHost, default: fallback, help };
}

/** Returns the text if it is the address of a WebSocket (`ws` or `wss`, a host, no fragment), otherwise undefined. */
export function parseWebSocketUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, hash } = new URL(text);
  return ['ws:', 'wss:'].includes(protocol) && hostname !== '' && hash === '' ? text : undefined;
}

/** Returns whether every percent sign begins an encoded character. */
const isPercentEncoded = (text: string): boolean => !/%(?![\dA-F]{2})/i.test(text);

/**
 * Returns the text if it is the address of a Redis server, with a host for TCP or a path for a Unix socket; otherwise
 * undefined. A query or fragment is refused: the Redis client would ignore it, or it is part of a password that is not
 * percent-encoded.
 */
export function parseRedisUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, hostname, pathname } = new URL(text);
  if (/[?#]/.test(text) || !isPercentEncoded(`${username}:${password}`)) return undefined;
  if (protocol === 'unix:') return hostname === '' && pathname.length > 1 ? text : undefined;
  const isRedis = ['redis:', 'rediss:'].includes(protocol) && hostname !== '' && /^\/?\d*$/.test(pathname);
  return isRedis ? text : undefined;
}

/** Parses the name of a run: one line of 1 to 200 characters. */
export const parseRunName = parseWith(runNameSchema.regex(/^[^\p{Cc}]*$/u));

/** Parses the tags of a run, separated by commas: at most 20 different ones of 1 to 40 characters. */
export const parseTags = parseWith(
  z
    .string()
    .transform((list) => [...new Set(list.split(',').map((tag) => tag.trim()))])
    .pipe(tagsSchema),
);

/** Whether a network leaves an address out. `0.0.0.0/0` names every client as a proxy, and then anyone can invent an address. */
const isPartial = (network: string): boolean => !network.endsWith('/0');

/** Parses at most 100 IP addresses and networks, separated by commas. */
export const parseNetworks = parseWith(
  z
    .string()
    .transform((list) => list.split(','))
    .pipe(
      z
        .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4().refine(isPartial), z.cidrv6().refine(isPartial)]))
        .max(100),
    ),
);

/**
 * Returns whether a text is an origin as browsers write it: scheme, host, and the port unless it is the scheme's
 * default. The host has only characters of names and addresses: URLs permit more, such as `;` and `*`, which have
 * another meaning in a Content-Security-Policy.
 */
const isOrigin = (text: string): boolean =>
  /^https?:\/\/[\w.:[\]-]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** Parses origins of pages, written as browsers write them and separated by commas. */
export const parseOrigins = parseWith(
  z
    .string()
    .max(4_096)
    .transform((list) => list.split(','))
    .pipe(z.array(z.string().refine(isOrigin))),
);
