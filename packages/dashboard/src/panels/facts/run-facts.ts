import {
  type GpuData,
  gpusOf,
  type NoticeData,
  type RunFinishedData,
  type RunStartedData,
  type SystemData,
} from '../../state/event-data.ts';
import {
  capitalize,
  formatBytes,
  formatCount,
  formatLearningRate,
  formatLoss,
  formatNumber,
  formatPercent,
} from '../../state/format.ts';
import { deviceKind } from '../../state/run-summaries.ts';
import { announcesEverything, unitOf } from '../../state/run-words.ts';

/** A name with its value. */
export type Fact = readonly [name: string, value: string];

/** A fact whose value may be unknown. */
type MaybeFact = readonly [name: string, value: string | null | undefined | false];

const knownFacts = (facts: readonly MaybeFact[]): Fact[] =>
  facts.filter((fact): fact is Fact => typeof fact[1] === 'string' && fact[1] !== '');

const isNumber = (value: unknown): value is number => typeof value === 'number';

type Device = NonNullable<RunStartedData['device']>;
type Gpu = NonNullable<Device['gpu']>;

/** Returns the engine and the device of a run. */
export function deviceFacts({ device, config }: RunStartedData): Fact[] {
  if (!device) return [];
  const { engine, kind, name, kernels, precision, precisionReason, threads, gpu, gpus } = device;
  const requested = !config.engine || config.engine === engine ? '' : ` (requested: ${config.engine})`;
  return knownFacts([
    ['Engine', engine && `${engine}${requested}`],
    [capitalize(deviceKind(kind)), name],
    ['Kernels', kernels],
    ['Precision', precision && [precision, precisionReason].filter(Boolean).join(': ')],
    ['Threads', isNumber(threads) && formatCount(threads)],
    ...(gpus && gpus.length > 0 ? gpuList(gpus) : gpu ? gpuFacts(gpu, name) : []),
  ]);
}

function gpuFacts({ name, memoryBytes, driver, computeCapability }: Gpu, deviceName: string): MaybeFact[] {
  return [
    ['GPU', name !== deviceName && name],
    ['GPU memory', isNumber(memoryBytes) && formatBytes(memoryBytes)],
    ['Driver', driver],
    ['Compute capability', computeCapability],
  ];
}

/** Returns a fact for each GPU. */
const gpuList = (gpus: readonly Gpu[]): MaybeFact[] =>
  gpus.map(({ name, memoryBytes, driver, computeCapability }, index) => [
    `GPU ${index}`,
    [
      name,
      isNumber(memoryBytes) && formatBytes(memoryBytes),
      driver && `driver ${driver}`,
      computeCapability && `compute capability ${computeCapability}`,
    ]
      .filter(Boolean)
      .join(', '),
  ]);

/** The settings that the page knows. All other settings of a publisher are displayed under their own names. */
const namedSettings = new Set([
  ...['epochs', 'batchSize', 'learningRate', 'optimizer', 'schedule', 'augment'],
  ...['seed', 'recipe', 'trainSize', 'testSize', 'engine'],
]);

/** Returns the settings of a run. The notices contain the learning rates that were set during the run. */
export function trainingFacts(started: RunStartedData, notices: readonly NoticeData[] = []): Fact[] {
  const { config, dataset, model } = started;
  const { learningRate, schedule, augment, trainSize, testSize } = config;
  const sizes = [
    isNumber(trainSize) && `${formatCount(trainSize)} to train`,
    isNumber(testSize) && `${formatCount(testSize)} to test`,
  ];
  return knownFacts([
    ['Dataset', dataset?.name],
    ['Classes', dataset?.classes && !announcesEverything(started) && formatCount(dataset.classes.length)],
    [unitOf(started) === 'images' ? 'Images' : 'Samples', sizes.filter(Boolean).join(', ')],
    ['Epochs', isNumber(config.epochs) && formatCount(config.epochs)],
    ['Batch size', isNumber(config.batchSize) && formatCount(config.batchSize)],
    [
      'Learning rate',
      [isNumber(learningRate) && ratesText(started, learningRate, notices), schedule]
        .filter(Boolean)
        .join(', '),
    ],
    ['Optimizer', config.optimizer],
    [
      'Augmentation',
      typeof augment === 'boolean' && (augment ? 'images rotated, scaled and shifted slightly' : 'none'),
    ],
    ['Parameters', model?.layers.length === 0 && isNumber(model.parameters) && formatCount(model.parameters)],
    ['Seed', isNumber(config.seed) && String(config.seed)],
    ['Recipe', typeof config.recipe === 'string' && config.recipe],
    ...Object.entries(config)
      .filter(([name]) => !namedSettings.has(name))
      .map(([name, value]): MaybeFact => [name, settingText(value)]),
  ]);
}

/** Formats a setting of the publisher. Null is a value as well, as for a seed that was not set, and is shown as "none". */
const settingText = (value: string | number | boolean | null | undefined): string | undefined =>
  value === undefined
    ? undefined
    : value === null
      ? 'none'
      : typeof value === 'boolean'
        ? value
          ? 'yes'
          : 'no'
        : String(value);

/** Returns the final results of a run: the test loss and the custom metrics. */
export const resultFacts = ({ metrics, test }: RunFinishedData): Fact[] =>
  knownFacts([
    ['Test loss', isNumber(test?.loss) && formatLoss(test.loss)],
    ...Object.entries(metrics ?? {}).map(([name, value]): MaybeFact => [name, formatNumber(value)]),
  ]);

/** Returns the learning rates in their order: "0.01, then 0.005 from batch 44 on". */
const ratesText = (started: RunStartedData, first: number, notices: readonly NoticeData[]): string =>
  notices.reduce(
    (text, { code, step, value }) =>
      code === 'learning_rate.set' && isNumber(step) && isNumber(value)
        ? `${text}, then ${formatLearningRate(value)} from ${announcesEverything(started) ? 'batch' : 'step'} ${formatCount(step + 1)} on`
        : text,
    formatLearningRate(first),
  );

/** A live measurement. `share`, from 0 to 1, is the length of its bar; null for no bar. */
export interface Meter {
  name: string;
  value: string;
  share: number | null;
}

/** Returns the load, memory, temperature and power of the machine, the trainer and the GPUs, as far as they are known. */
export function systemMeters(system: SystemData): Meter[] {
  const { process, host } = system;
  const gpus = gpusOf(system);
  return [
    shareMeter('CPU, whole machine', host?.cpu),
    memoryMeter('Memory, whole machine', host?.memoryUsedBytes, host?.memoryTotalBytes),
    textMeter('CPU, trainer', process?.cpu, (cpu) => `${cpu.toFixed(1)} cores`),
    textMeter('Memory, trainer', process?.memoryBytes, formatBytes),
    ...(gpus.length > 1 ? gpus.map(gpuLine) : gpus.flatMap(gpuMeters)),
  ].filter((meter) => meter !== undefined);
}

const gpuMeters = ({
  load,
  memoryUsedBytes,
  memoryTotalBytes,
  temperatureCelsius,
  powerWatts,
}: GpuData): (Meter | undefined)[] => [
  shareMeter('GPU load', load),
  memoryMeter('GPU memory', memoryUsedBytes, memoryTotalBytes),
  textMeter('GPU temperature', temperatureCelsius, (value) => `${Math.round(value)}\u00a0°C`),
  textMeter('GPU power', powerWatts, (value) => `${Math.round(value)}\u00a0W`),
];

/** Returns all values of a GPU in one line, because a machine may have 64 GPUs. The bar shows the load. */
function gpuLine(gpu: GpuData, index: number): Meter | undefined {
  const values = gpuMeters(gpu).flatMap((meter) => meter?.value ?? []);
  return values.length === 0
    ? undefined
    : { name: `GPU ${index}`, value: values.join(', '), share: gpu.load ?? null };
}

type Measured = number | null | undefined;

const shareMeter = (name: string, share: Measured): Meter | undefined =>
  isNumber(share) ? { name, value: formatPercent(share, 0), share } : undefined;

const textMeter = (name: string, value: Measured, format: (value: number) => string): Meter | undefined =>
  isNumber(value) ? { name, value: format(value), share: null } : undefined;

function memoryMeter(name: string, used: Measured, total: Measured): Meter | undefined {
  if (!isNumber(used)) return undefined;
  const value = isNumber(total) ? `${formatBytes(used)} of ${formatBytes(total)}` : formatBytes(used);
  return { name, value, share: total ? Math.min(1, used / total) : null };
}
