import { settingBounds as bounds, settingChoices as choices } from '../protocol/setting-limits.ts';
import {
  boolean,
  choice,
  decimal,
  integer,
  type OptionDefinition,
  parseNetworks,
  parseOrigins,
  parseRedisUrl,
  parseRunId,
  parseWebSocketUrl,
  string,
} from './option-types.ts';
import { parseRetention, type RetentionPolicy } from './retention.ts';

/**
 * Every flag of every process with its default, in one place: `npm start` hands the same command line to all of
 * them and each takes what concerns it. The environment variable of `--batch-size` is `MONITOR_BATCH_SIZE`.
 */
export const optionTable = {
  epochs: integer(...bounds.epochs, 10, 'how many times to go through the training images'),
  batchSize: integer(
    ...bounds.batchSize,
    512,
    'images per step; smaller is slower and noisier, larger needs more memory',
  ),
  recipe: choice(
    choices.recipe,
    'default',
    'what the four below are unless set, as the original or the best known',
  ),
  learningRate: decimal(
    ...bounds.learningRate,
    undefined,
    'size of each step downhill, or its peak: 0.01 by default, 0.006 at best',
  ),
  optimizer: choice(choices.optimizer, undefined, 'rule that turns gradients into steps'),
  schedule: choice(choices.schedule, undefined, 'how the learning rate changes over the run'),
  augment: boolean(undefined, 'shift, turn and scale the images a little, anew each epoch'),
  engine: choice(
    choices.engine,
    'auto',
    'what computes; auto is the first that works of a GPU through WebGPU, TensorFlow, WebAssembly',
  ),
  threads: integer(1, 256, undefined, 'threads that the engine wasm trains on; one a core when left out'),
  trainSize: integer(...bounds.trainSize, undefined, 'use only so many training images, for a quick look'),
  testSize: integer(...bounds.testSize, undefined, 'use only so many test images'),
  seed: integer(...bounds.seed, 42, 'start of all random numbers: the same seed gives the same curve'),
  data: string(
    'a folder',
    undefined,
    'folder with IDX files of your own (Fashion-MNIST for example) instead of MNIST',
  ),
  runs: string('a folder', 'runs', 'folder that keeps every run'),
  keep: {
    expected: 'an age, a number of runs, a size, or several of them, such as 30d,100runs,5GB',
    parse: parseRetention,
    default: undefined,
    help: 'remove the oldest runs beyond an age, number or size (30d,100runs,5GB); all are kept when left out',
    value: 'required',
  } as OptionDefinition<RetentionPolicy | undefined>,
  redisUrl: {
    expected: 'an address such as redis://user:password@host:6379, rediss://host or unix:///run/redis.sock',
    parse: parseRedisUrl,
    default: undefined,
    help: 'Redis that several gateways keep the runs in, instead of a database in the folder of runs',
    value: 'required',
  } as OptionDefinition<string | undefined>,
  to: string('a file', undefined, 'file that `npm run backup` writes; monitor-<time>.db when left out'),
  runId: {
    expected: 'letters, digits, ".", "_" and "-", 64 at most, and not "latest"',
    parse: parseRunId,
    default: undefined,
    help: 'name of the run instead of one made from the time',
    value: 'required',
  } as OptionDefinition<string | undefined>,
  resume: {
    expected: 'the id of a run, or nothing for the last one that was cut short',
    parse: (given: string) => (['', '1', 'true', 'latest'].includes(given) ? 'latest' : parseRunId(given)),
    default: undefined,
    help: 'go on with a run that was cut short: the one named, or the last, if there is one',
    value: 'optional',
  } as OptionDefinition<string | undefined>,
  host: string('an address', '127.0.0.1', 'address of the dashboard and the live feed'),
  port: integer(0, 65_535, 5000, 'port of the dashboard and the live feed'),
  bind: string(
    'an address',
    undefined,
    'address that a container publishes the port on; what --host means outside one',
  ),
  commandToken: string(
    'a secret',
    undefined,
    'secret that a viewer must know to command a trainer or to change a run; better set as MONITOR_COMMAND_TOKEN',
  ),
  ingestHost: string('an address', '127.0.0.1', 'address that takes in events from trainers'),
  ingestPort: integer(0, 65_535, 5001, 'port that takes in events from trainers'),
  proxies: {
    expected: 'addresses or networks, such as 10.0.0.0/8, separated by commas',
    parse: parseNetworks,
    default: undefined,
    help: 'proxies before the gateway whose X-Forwarded-For tells who connects',
    value: 'required',
  } as OptionDefinition<string[] | undefined>,
  origins: {
    expected: 'origins of pages, such as https://notes.example.org, separated by commas',
    parse: parseOrigins,
    default: undefined,
    help: 'pages of other sites that may use the live feed as the dashboard does (https://notes.example.org)',
    value: 'required',
  } as OptionDefinition<string[] | undefined>,
  gateway: {
    expected: 'an address such as ws://127.0.0.1:5001/ingest or wss://host/ingest',
    parse: parseWebSocketUrl,
    default: undefined,
    help: 'where the trainer publishes; this machine when left out',
    value: 'required',
  } as OptionDefinition<string | undefined>,
  token: string(
    'a secret',
    undefined,
    'secret that a trainer must know to publish; better set as MONITOR_TOKEN',
  ),
  reportInterval: decimal(
    0,
    3_600,
    1,
    'seconds between two lines of progress when the output is no terminal',
  ),
  logLevel: choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    'info',
    'how much the gateway logs',
  ),
  wait: boolean(false, 'do not train at once, but when a run is started from the page'),
  heartbeat: string(
    'a file',
    undefined,
    'file that the trainer touches every few seconds, so that a container can tell that it is well',
  ),
  once: boolean(false, 'exit when the run ends instead of staying up for the page'),
  open: boolean(false, 'open the dashboard in the browser'),
} as const satisfies Record<string, OptionDefinition<unknown>>;

export type OptionName = keyof typeof optionTable;
type ValueOf<O> = O extends OptionDefinition<infer T> ? T : never;
/** Every option's value, as each process reads it. */
export type Options = { [N in OptionName]: ValueOf<(typeof optionTable)[N]> };
