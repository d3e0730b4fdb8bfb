import { settingBounds as bounds, settingChoices as choices } from '../protocol/setting-limits.ts';
import {
  address,
  boolean,
  choice,
  decimal,
  integer,
  type OptionDefinition,
  optional,
  parseNetworks,
  parseOrigins,
  parseRedisUrl,
  parseRunId,
  parseRunName,
  parseTags,
  parseWebSocketUrl,
  secret,
  string,
} from './option-types.ts';
import { parseRetention, parseSize } from './retention.ts';

const portRange = [0, 65_535] as const;

/**
 * Every option of every program. `npm start` passes its command line to all processes that it starts, and each process
 * reads the options that it uses. The environment variable of `--batch-size` is `MONITOR_BATCH_SIZE`.
 */
export const optionTable = {
  recipe: choice(
    choices.recipe,
    'default',
    'preset of the next six options, which override it; best is the most accurate, sprint has a small network that takes seconds',
  ),
  epochs: integer({
    range: bounds.epochs,
    help: 'number of passes over the training images; 10, or 2 with --recipe sprint',
  }),
  batchSize: integer({
    range: bounds.batchSize,
    help: 'images per step; smaller is slower and noisier, larger needs more memory; 512, or 256 with --recipe sprint',
  }),
  learningRate: decimal({
    range: bounds.learningRate,
    help: 'step size, or its peak with a schedule; 0.01, or 0.006 with --recipe best',
  }),
  optimizer: choice(choices.optimizer, undefined, 'algorithm that updates the weights'),
  schedule: choice(choices.schedule, undefined, 'how the learning rate changes over the run'),
  augment: boolean(undefined, 'shift, rotate and scale each image a little, differently in each epoch'),
  engine: choice(
    choices.engine,
    'auto',
    'library that computes; auto is the first that works of CUDA, WebGPU, TensorFlow on the CPU, WebAssembly',
  ),
  threads: integer({
    range: [1, 256],
    help: 'threads that the wasm engine trains on; one per core by default',
  }),
  precision: choice(
    choices.precision,
    'float32',
    'number format between the layers on tensorflow; auto is bfloat16 where that is faster on the processor',
  ),
  trainSize: integer({ range: bounds.trainSize, help: 'number of training images, for a quick try' }),
  testSize: integer({ range: bounds.testSize, help: 'number of test images' }),
  seed: integer({
    range: bounds.seed,
    default: 42,
    help: 'seed of all random numbers; the same seed gives the same curve',
  }),
  inside: choice(
    choices.inside,
    'on',
    'whether to look inside the network while it trains: norms of its layers, its logits for 500 test images, snapshots of its weights',
  ),
  data: string(
    'a folder',
    undefined,
    'folder with IDX files to train on instead of MNIST, such as Fashion-MNIST; emnist-letters in a folder of EMNIST',
  ),
  classes: string(
    'a file',
    undefined,
    'file with the names of the classes of --data, one a line; known for MNIST, Fashion-MNIST and EMNIST',
  ),
  runs: string('a folder', 'runs', 'folder that stores every run'),
  keep: optional(
    'an age, a number of runs, a size, or several of them, such as 30d,100runs,5GB',
    parseRetention,
    'delete the oldest runs beyond an age, number or size (30d,100runs,5GB); none by default',
  ),
  uploads: optional(
    'a size such as 500MB or 10GB',
    parseSize,
    'largest size of the snapshots and test images of all runs that trainers have sent (500MB, 20GB); 10GB by default',
  ),
  viewers: integer({
    range: [1, 100_000],
    default: 5_000,
    help: 'number of viewers at a time; 20,000 need 300 MB of memory, and as many open files',
  }),
  redisUrl: optional(
    'an address such as redis://user:password@host:6379, rediss://host or unix:///run/redis.sock, with /, ?, # and % of the password as %2F, %3F, %23 and %25',
    parseRedisUrl,
    'Redis server that stores the runs of several gateways, instead of a database in the folder of runs',
  ),
  to: string('a file', undefined, 'file that the backup writes; monitor-<time>.db by default'),
  runId: optional(
    'letters, digits, ".", "_" and "-", 64 at most, no dot at the end, and not "latest" or a name like CON that Windows reserves',
    parseRunId,
    'id of the run instead of one made from the time',
  ),
  name: optional(
    'a line of 1 to 200 characters',
    parseRunName,
    'name of the run for people, on the page and in the list of runs',
  ),
  tag: {
    ...optional(
      'at most 20 texts of 1 to 40 characters, separated by commas',
      parseTags,
      'tag of the run, to find and group runs by; several are separated by commas, or the flag is repeated',
    ),
    isRepeatable: true,
  },
  resume: optional(
    'the id of a run, or nothing for the last interrupted one',
    (text) => (['', '1', 'true', 'latest'].includes(text) ? 'latest' : parseRunId(text)),
    'resume an interrupted run: the one with this id, or without a value the last one if there is any',
  ),
  host: address('127.0.0.1', 'address of the dashboard and the live feed'),
  port: integer({ range: portRange, default: 5000, help: 'port of the dashboard and the live feed' }),
  bind: address(
    undefined,
    'address or name at which others reach the port: through a proxy, or published by a container; otherwise use --host',
  ),
  commandToken: secret(
    'secret that viewers need to command a trainer or change a run; safer as MONITOR_COMMAND_TOKEN',
  ),
  ingestHost: address('127.0.0.1', 'address that receives events from trainers'),
  ingestPort: integer({ range: portRange, default: 5001, help: 'port that receives events from trainers' }),
  proxies: optional(
    'addresses or networks, such as 10.0.0.0/8 but not all addresses (/0), separated by commas',
    parseNetworks,
    "proxies whose X-Forwarded-For header is trusted to contain the client's address",
  ),
  origins: optional(
    'origins of pages, such as https://notes.example.org, separated by commas',
    parseOrigins,
    'origins of other sites whose pages may use the live feed (https://notes.example.org)',
  ),
  embed: optional(
    'origins of pages, such as https://notes.example.org, separated by commas',
    parseOrigins,
    'origins of other sites whose pages may show the dashboard in a frame; none by default',
  ),
  gateway: optional(
    'an address such as ws://127.0.0.1:5001/ingest or wss://host/ingest',
    parseWebSocketUrl,
    'address to which the trainer publishes; a gateway on this machine by default',
  ),
  token: secret('secret that trainers need to publish; safer as MONITOR_TOKEN'),
  reportInterval: decimal({
    range: [0, 3_600],
    default: 1,
    help: 'seconds between two lines of progress when the output is no terminal',
  }),
  logLevel: choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    'info',
    'lowest level of messages that the gateway logs',
  ),
  wait: boolean(false, 'do not train at once; wait until a run is started from the page'),
  heartbeat: string(
    'a file',
    undefined,
    'file that the trainer touches every few seconds, for the health check of a container',
  ),
  once: boolean(false, 'exit when the run ends instead of keeping the page available'),
  open: boolean(false, 'open the dashboard in the browser'),
} as const satisfies Record<string, OptionDefinition<unknown>>;

export type OptionName = keyof typeof optionTable;
type ValueOf<O> = O extends OptionDefinition<infer T> ? T : never;
/** Values of all options. */
export type Options = { [N in OptionName]: ValueOf<(typeof optionTable)[N]> };
