import type { NoticeData, RunStartedData, SystemData } from '@mnist-monitor/shared/browser';
import { formatBytes, formatCount, formatLearningRate, formatPercent } from '../../state/format.ts';

/** A name and what stands beside it. */
export type Fact = readonly [name: string, value: string];

/** What computes, and why. */
export function deviceFacts({ device, config }: RunStartedData): Fact[] {
  const asked = config.engine === device.engine ? '' : ` (asked for: ${config.engine})`;
  const facts: Fact[] = [
    ['Engine', `${device.engine}${asked}`],
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

/** With what the network is trained; the notices tell of what was set meanwhile. */
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
    ['Augmentation', config.augment ? 'images moved a little' : 'none'],
    ['Seed', String(config.seed)],
  ];
}

/** "0.01, then 0.005 from batch 44 on". */
const ratesText = (first: number, notices: readonly NoticeData[]): string =>
  notices.reduce(
    (text, { code, step, value }) =>
      code === 'learning_rate.set' && step !== null && value !== undefined
        ? `${text}, then ${formatLearningRate(value)} from batch ${formatCount(step + 1)} on`
        : text,
    formatLearningRate(first),
  );

/** A live figure with a bar; `share` is from 0 to 1, null when there is nothing to compare with. */
export interface Meter {
  name: string;
  value: string;
  share: number | null;
}

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
