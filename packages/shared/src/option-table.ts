import { type Keep, readKeep } from './keep.ts';
import {
  type Option,
  oneOf,
  onOff,
  readNetworks,
  readOrigins,
  readRedisUrl,
  readRunId,
  readSocketUrl,
  real,
  text,
  whole,
} from './option-kinds.ts';
import { settingBounds as bounds, settingChoices as choices } from './settings.ts';

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
    'what the four below are unless set, as the original or the best known',
  ),
  learningRate: real(
    ...bounds.learningRate,
    undefined,
    'size of each step downhill, or its peak: 0.01 by default, 0.006 at best',
  ),
  optimizer: oneOf(choices.optimizer, undefined, 'rule that turns gradients into steps'),
  schedule: oneOf(choices.schedule, undefined, 'how the learning rate changes over the run'),
  augment: onOff(undefined, 'shift, turn and scale the images a little, anew each epoch'),
  engine: oneOf(
    choices.engine,
    'auto',
    'what computes; auto is the first that works of a GPU through WebGPU, TensorFlow, WebAssembly',
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
    expected: 'letters, digits, ".", "_" and "-", 64 at most, and not "latest"',
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
    read: readNetworks,
    default: undefined,
    help: 'proxies before the gateway whose X-Forwarded-For tells who connects',
    value: 'required',
  } as Option<string[] | undefined>,
  origins: {
    expected: 'origins of pages, such as https://notes.example.org, separated by commas',
    read: readOrigins,
    default: undefined,
    help: 'pages of other sites that may use the live feed as the dashboard does (https://notes.example.org)',
    value: 'required',
  } as Option<string[] | undefined>,
  gateway: {
    expected: 'an address such as ws://127.0.0.1:5001/ingest or wss://host/ingest',
    read: readSocketUrl,
    default: undefined,
    help: 'where the trainer publishes; this machine when left out',
    value: 'required',
  } as Option<string | undefined>,
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
