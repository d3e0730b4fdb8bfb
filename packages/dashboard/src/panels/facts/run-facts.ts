import type { NoticeData, RunStartedData, SystemData } from '../../state/complete-data.ts';
import { formatBytes, formatCount, formatLearningRate, formatPercent } from '../../state/format.ts';

/** A name with its value. */
export type Fact = readonly [name: string, value: string];

/** Returns the engine and the device of a run. */
export function deviceFacts({ device, config }: RunStartedData): Fact[] {
  const requested = config.engine === device.engine ? '' : ` (requested: ${config.engine})`;
  const facts: Fact[] = [
    ['Engine', `${device.engine}${requested}`],
    [device.kind === 'gpu' ? 'GPU' : 'CPU', device.name],
    ['Kernels', device.kernels],
  ];
  if (device.precision !== undefined)
    facts.push(['Precision', [device.precision, device.precisionReason].filter(Boolean).join(': ')]);
  if (device.threads !== null) facts.push(['Threads', formatCount(device.threads)]);
  if (device.gpu) {
    const { name, memoryBytes, driver, computeCapability } = device.gpu;
    if (name !== device.name) facts.push(['GPU', name]);
    if (memoryBytes !== null) facts.push(['GPU memory', formatBytes(memoryBytes)]);
    if (driver !== null) facts.push(['Driver', driver]);
    if (computeCapability !== null) facts.push(['Compute capability', computeCapability]);
  }
  return facts;
}

/** Returns the settings of a run. The notices contain the learning rates that were set during the run. */
export function trainingFacts(
  { config, dataset }: RunStartedData,
  notices: readonly NoticeData[] = [],
): Fact[] {
  return [
    ['Dataset', dataset.name],
    ['Images', `${formatCount(config.trainSize)} to train, ${formatCount(config.testSize)} to test`],
    ['Epochs', formatCount(config.epochs)],
    ['Batch size', formatCount(config.batchSize)],
    ['Learning rate', `${ratesText(config.learningRate, notices)}, ${config.schedule}`],
    ['Optimizer', config.optimizer],
    ['Augmentation', config.augment ? 'images rotated, scaled and shifted slightly' : 'none'],
    ['Seed', String(config.seed)],
  ];
}

/** Returns the learning rates in their order: "0.01, then 0.005 from batch 44 on". */
const ratesText = (first: number, notices: readonly NoticeData[]): string =>
  notices.reduce(
    (text, { code, step, value }) =>
      code === 'learning_rate.set' && step !== null && value !== undefined
        ? `${text}, then ${formatLearningRate(value)} from batch ${formatCount(step + 1)} on`
        : text,
    formatLearningRate(first),
  );

/** A live figure with a bar. `share` is from 0 to 1; null without a known total. */
export interface Meter {
  name: string;
  value: string;
  share: number | null;
}

/** Returns the load, memory, temperature and power of the machine, the trainer and the GPU. */
export function systemMeters({ process, host, gpu }: SystemData): Meter[] {
  const meters: Meter[] = [
    { name: 'CPU, whole machine', value: formatPercent(host.cpu, 0), share: host.cpu },
    {
      name: 'Memory, whole machine',
      value: `${formatBytes(host.memoryUsedBytes)} of ${formatBytes(host.memoryTotalBytes)}`,
      share: ratio(host.memoryUsedBytes, host.memoryTotalBytes),
    },
    { name: 'CPU, trainer', value: `${process.cpu.toFixed(1)} cores`, share: null },
    { name: 'Memory, trainer', value: formatBytes(process.memoryBytes), share: null },
  ];
  if (!gpu) return meters;
  if (gpu.load !== null)
    meters.push({ name: 'GPU load', value: formatPercent(gpu.load, 0), share: gpu.load });
  if (gpu.memoryUsedBytes !== null)
    meters.push({
      name: 'GPU memory',
      value: `${formatBytes(gpu.memoryUsedBytes)} of ${formatBytes(gpu.memoryTotalBytes)}`,
      share: ratio(gpu.memoryUsedBytes, gpu.memoryTotalBytes),
    });
  if (gpu.temperatureCelsius !== null)
    meters.push({
      name: 'GPU temperature',
      value: `${Math.round(gpu.temperatureCelsius)}\u00a0°C`,
      share: null,
    });
  if (gpu.powerWatts !== null)
    meters.push({ name: 'GPU power', value: `${Math.round(gpu.powerWatts)}\u00a0W`, share: null });
  return meters;
}

const ratio = (part: number, whole: number | null): number | null =>
  whole === null || whole === 0 ? null : Math.min(1, part / whole);
