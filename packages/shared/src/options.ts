import { z } from 'zod';
import { MonitorError } from './errors.ts';
import { runId } from './events.ts';
import { type Keep, readKeep } from './keep.ts';
import { settingBounds as bounds, settingChoices as choices } from './settings.ts';

export type { Keep };

interface Option<T> {
  /** What a valid value is, in words: for the error line and for --help. */
  expected: string;
  /** Reads the text of a flag or variable; undefined when it does not fit. */
  read(text: string): T | undefined;
  default: T;
  help: string;
  /** `none`: a flag by itself; `optional`: a value may follow. */
  value: 'required' | 'optional' | 'none';
}

const fitting =
  <T>(schema: z.ZodType<T>) =>
  (text: string): T | undefined => {
    const result = schema.safeParse(text);
    return result.success ? result.data : undefined;
  };

/** Number() reads an empty text as 0: no value is not zero. */
const numeric = z.string().regex(/\S/).transform(Number);

function whole<D extends number | undefined>(
  min: number,
  max: number,
  fallback: D,
  help: string,
): Option<number | D> {
  const read = fitting(numeric.pipe(z.int().min(min).max(max)));
  return {
    expected: `a whole number from ${min} to ${max}`,
    read,
    default: fallback,
    help,
    value: 'required',
  };
}

function real<D extends number | undefined>(
  min: number,
  max: number,
  fallback: D,
  help: string,
): Option<number | D> {
  const read = fitting(numeric.pipe(z.number().min(min).max(max)));
  return { expected: `a number from ${min} to ${max}`, read, default: fallback, help, value: 'required' };
}

function text<D extends string | undefined>(expected: string, fallback: D, help: string): Option<string | D> {
  const read = fitting(z.string().min(1).max(4_096));
  return { expected, read, default: fallback, help, value: 'required' };
}

function oneOf<const V extends string, D extends V | undefined>(
  values: readonly V[],
  fallback: D,
  help: string,
): Option<V | D> {
  const read = (given: string): V | undefined => values.find((value) => value === given);
  return { expected: `one of ${values.join(', ')}`, read, default: fallback, help, value: 'required' };
}

function onOff<D extends boolean | undefined>(fallback: D, help: string): Option<boolean | D> {
  const read = (given: string): boolean | undefined => {
    if (['1', 'true', 'yes', 'on', ''].includes(given)) return true;
    if (['0', 'false', 'no', 'off'].includes(given)) return false;
    return undefined;
  };
  return { expected: 'true or false', read, default: fallback, help, value: 'none' };
}

const readRunId = fitting(runId);

/** Whole addresses only: a host for TCP, a path for a socket. */
function readRedisUrl(given: string): string | undefined {
  if (!URL.canParse(given)) return undefined;
  const { protocol, hostname, pathname } = new URL(given);
  if (protocol === 'unix:') return hostname === '' && pathname.length > 1 ? given : undefined;
  const isRedis = ['redis:', 'rediss:'].includes(protocol) && hostname !== '' && /^\/?\d*$/.test(pathname);
  return isRedis ? given : undefined;
}

const networks = z
  .string()
  .transform((list) => list.split(','))
  .pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).max(100));

/** As browsers write them: scheme, host, and a port that is not the scheme's own. `null`, of files, names nobody. */
const pageOrigins = z
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
  );

/**
 * Every flag of every process with its default, in one place: `npm start` hands the same command line to all of
 * them and each takes what concerns it. The environment variable of `--batch-size` is `MONITOR_BATCH_SIZE`.
 */
export const options = {
  epochs: whole(...bounds.epochs, 10, 'how many times to go through the training images'),
  batchSize: whole(
    ...bounds.batchSize,
    512,
    'images per step; smaller is slower and noisier, larger needs more memory',
  ),
  recipe: oneOf(
    choices.recipe,
    'default',
    'what the four below are unless set: as the original, or the best known',
  ),
  learningRate: real(
    ...bounds.learningRate,
    undefined,
    'size of each step downhill, or its peak: 0.01 by default, 0.004 at best',
  ),
  optimizer: oneOf(choices.optimizer, undefined, 'rule that turns gradients into steps'),
  schedule: oneOf(choices.schedule, undefined, 'how the learning rate changes over the run'),
  augment: onOff(undefined, 'shift, turn and scale the images a little, anew each epoch'),
  engine: oneOf(
    choices.engine,
    'auto',
    'what computes: the first that works of a GPU through WebGPU, TensorFlow, WebAssembly',
  ),
  threads: whole(1, 256, undefined, 'threads that the engine wasm trains on; one a core when left out'),
  trainSize: whole(...bounds.trainSize, undefined, 'use only so many training images, for a quick look'),
  testSize: whole(...bounds.testSize, undefined, 'use only so many test images'),
  seed: whole(...bounds.seed, 42, 'start of all random numbers: the same seed gives the same curve'),
  data: text(
    'a folder',
    undefined,
    'folder with IDX files of your own (Fashion-MNIST for example) instead of MNIST',
  ),
  runs: text('a folder', 'runs', 'folder that keeps every run'),
  keep: {
    expected: 'an age, a number of runs, a size, or several of them, such as 30d,100runs,5GB',
    read: readKeep,
    default: undefined,
    help: 'remove the oldest runs beyond an age, number or size (30d,100runs,5GB); all are kept when left out',
    value: 'required',
  } as Option<Keep | undefined>,
  redisUrl: {
    expected: 'an address such as redis://user:password@host:6379, rediss://host or unix:///run/redis.sock',
    read: readRedisUrl,
    default: undefined,
    help: 'Redis that several gateways keep the runs in, instead of a database in the folder of runs',
    value: 'required',
  } as Option<string | undefined>,
  to: text('a file', undefined, 'file that `npm run backup` writes; monitor-<time>.db when left out'),
  runId: {
    expected: 'letters, digits, ".", "_" and "-", 64 at most',
    read: readRunId,
    default: undefined,
    help: 'name of the run instead of one made from the time',
    value: 'required',
  } as Option<string | undefined>,
  resume: {
    expected: 'the id of a run, or nothing for the last one that was cut short',
    read: (given: string) => (['', '1', 'true', 'latest'].includes(given) ? 'latest' : readRunId(given)),
    default: undefined,
    help: 'go on with a run that was cut short: the one named, or the last, if there is one',
    value: 'optional',
  } as Option<string | undefined>,
  host: text('an address', '127.0.0.1', 'address of the dashboard and the live feed'),
  port: whole(0, 65_535, 5000, 'port of the dashboard and the live feed'),
  bind: text(
    'an address',
    undefined,
    'address that a container publishes the port on; what --host means outside one',
  ),
  commandToken: text(
    'a secret',
    undefined,
    'secret that a viewer must know to command a trainer or to change a run; better set as MONITOR_COMMAND_TOKEN',
  ),
  ingestHost: text('an address', '127.0.0.1', 'address that takes in events from trainers'),
  ingestPort: whole(0, 65_535, 5001, 'port that takes in events from trainers'),
  proxies: {
    expected: 'addresses or networks, such as 10.0.0.0/8, separated by commas',
    read: fitting(networks),
    default: undefined,
    help: 'proxies before the gateway whose X-Forwarded-For tells who connects',
    value: 'required',
  } as Option<string[] | undefined>,
  origins: {
    expected: 'origins of pages, such as https://notes.example.org, separated by commas',
    read: fitting(pageOrigins),
    default: undefined,
    help: 'pages of other sites that may use the live feed as the dashboard does (https://notes.example.org)',
    value: 'required',
  } as Option<string[] | undefined>,
  gateway: text('a ws:// address', undefined, 'where the trainer publishes; this machine when left out'),
  token: text(
    'a secret',
    undefined,
    'secret that a trainer must know to publish; better set as MONITOR_TOKEN',
  ),
  reportInterval: real(0, 3_600, 1, 'seconds between two lines of progress when the output is no terminal'),
  logLevel: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'info', 'how much the gateway logs'),
  wait: onOff(false, 'do not train at once, but when a run is started from the page'),
  heartbeat: text(
    'a file',
    undefined,
    'file that the trainer touches every few seconds, so that a container can tell that it is well',
  ),
  once: onOff(false, 'exit when the run ends instead of staying up for the page'),
  open: onOff(false, 'open the dashboard in the browser'),
} as const satisfies Record<string, Option<unknown>>;

export type OptionName = keyof typeof options;
type ValueOf<O> = O extends Option<infer T> ? T : never;
/** Every option's value, as each process reads it. */
export type Options = { [N in OptionName]: ValueOf<(typeof options)[N]> };

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const flagOf = (name: string): string => `--${kebab(name)}`;
const variableOf = (name: string): string => `MONITOR_${kebab(name).replaceAll('-', '_').toUpperCase()}`;

const byFlag = new Map(Object.keys(options).map((name) => [flagOf(name), name as OptionName]));
const byVariable = new Map(Object.keys(options).map((name) => [variableOf(name), name as OptionName]));

/** Never repeated, not even in an error. */
const secrets: readonly OptionName[] = ['token', 'commandToken', 'redisUrl'];

const shown = (name: OptionName, given: string): string =>
  secrets.includes(name) ? 'what was given' : `"${given}"`;

/**
 * Reads the command line and the environment; a flag wins over its variable.
 * @throws MonitorError `option.invalid` with one line per mistake.
 */
export function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options {
  const values: Partial<Record<OptionName, unknown>> = {};
  const mistakes: string[] = [];

  const take = (source: string, name: OptionName, given: string): void => {
    const value = options[name].read(given);
    if (value === undefined)
      mistakes.push(`${source}: expected ${options[name].expected}, got ${shown(name, given)}`);
    else values[name] = value;
  };

  for (const [variable, given] of Object.entries(env)) {
    const name = byVariable.get(variable);
    if (name && given !== undefined && given !== '') take(variable, name, given);
  }

  const rest = [...argv];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [flag, inline] = splitFlag(argument);
    const name = byFlag.get(flag);
    if (!name) {
      mistakes.push(`${argument.slice(0, 100)}: unknown${suggestion(flag)}; --help lists what there is`);
      if (flag.startsWith('--') && rest[0]?.startsWith('--') === false) rest.shift(); // Its value, no second mistake.
    } else if (inline !== undefined) take(flag, name, inline);
    else if (options[name].value === 'none') values[name] = true;
    else if (rest[0] === undefined || rest[0].startsWith('--')) {
      if (options[name].value === 'optional') take(flag, name, '');
      else mistakes.push(`${flag}: expected ${options[name].expected}, got nothing`);
    } else take(flag, name, rest.shift() as string);
  }

  if (mistakes.length > 0) throw new MonitorError('option.invalid', mistakes.join('\n'));
  const defaults = Object.entries(options).map(([name, option]) => [name, option.default]);
  return { ...Object.fromEntries(defaults), ...values } as Options;
}

function splitFlag(argument: string): [flag: string, inline: string | undefined] {
  const at = argument.indexOf('=');
  return at < 0 ? [argument, undefined] : [argument.slice(0, at), argument.slice(at + 1)];
}

/** The flag that shares the longest beginning with what was typed, when it shares enough to be meant. */
function suggestion(typed: string): string {
  const shared = (flag: string): number => {
    let length = 0;
    while (length < flag.length && flag[length] === typed[length]) length++;
    return length;
  };
  const best = [...byFlag.keys()].sort((a, b) => shared(b) - shared(a))[0] as string;
  return shared(best) >= 4 ? ` (did you mean ${best}?)` : '';
}

/** The text of --help: a line per flag. */
export function helpText(command: string): string {
  const lines = Object.entries(options).map(([name, option]: [string, Option<unknown>]) => {
    const fallback = option.default === undefined || option.value === 'none' ? '' : ` (${option.default})`;
    return `  ${flagOf(name).padEnd(18)} ${option.help}${fallback}`;
  });
  return `Usage: ${command} [flags]\n\n${lines.join('\n')}\n\nEach flag has an environment variable: --batch-size is MONITOR_BATCH_SIZE.\n`;
}
