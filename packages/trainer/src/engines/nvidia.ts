import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { RunStartedData, SystemData } from '@mnist-monitor/shared';

type GpuDetails = NonNullable<RunStartedData['device']['gpu']>;
type GpuUsage = NonNullable<SystemData['gpu']>;

const timeoutMs = 2_000;
const mebibyte = 2 ** 20;

/** What the first NVIDIA GPU is; null when the driver's tool is not there or finds none. */
export async function describeGpu(): Promise<GpuDetails | null> {
  const fields = await query('name', 'memory.total', 'driver_version', 'compute_cap');
  return fields && parseDetails(fields);
}

/** What this process can see of the machine. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  exists: (path: string) => boolean;
}

const here: Surroundings = { env: process.env, exists: existsSync };

/** The driver's device on Linux, and that of Windows' subsystem for Linux. */
const deviceFiles = ['/dev/nvidiactl', '/dev/dxg'];

/** Whether this is a container that is meant to have a GPU. */
export const isGpuPromised = ({ env }: Pick<Surroundings, 'env'> = here): boolean =>
  !['', 'void', 'none'].includes(env.NVIDIA_VISIBLE_DEVICES ?? '');

/** Why TensorFlow has no NVIDIA GPU to compute on, in words. */
export async function explainNoGpu({ env, exists }: Surroundings = here): Promise<string> {
  const visible = env.NVIDIA_VISIBLE_DEVICES;
  if (visible === 'void' || visible === 'none') return `NVIDIA_VISIBLE_DEVICES=${visible} hides every GPU`;
  if (process.platform === 'linux' && !deviceFiles.some(exists))
    return isGpuPromised({ env }) ? 'this container was given no NVIDIA device' : 'no NVIDIA driver is here';
  const gpu = await describeGpu();
  if (gpu) return `TensorFlow cannot use ${gpu.name}${gpu.driver ? ` with driver ${gpu.driver}` : ''}`;
  return 'the NVIDIA driver does not answer';
}

/** What it does at this moment. */
export async function readGpuUsage(): Promise<GpuUsage | null> {
  const fields = await query(
    'utilization.gpu',
    'memory.used',
    'memory.total',
    'temperature.gpu',
    'power.draw',
  );
  return fields && parseUsage(fields);
}

/** @param fields Name, memory in MiB, driver and compute capability, as nvidia-smi writes them. */
export function parseDetails([name = '', memory, driver, capability]: string[]): GpuDetails {
  const memoryMiB = number(memory);
  return {
    name: name || 'NVIDIA GPU',
    memoryBytes: memoryMiB === null ? null : Math.round(memoryMiB * mebibyte),
    driver: text(driver),
    computeCapability: text(capability),
  };
}

/** @param fields Load in percent, memory used and in all in MiB, degrees Celsius and watts. */
export function parseUsage(fields: string[]): GpuUsage {
  const [load, used, total, temperatureCelsius, powerWatts] = fields.map(number);
  const bytes = (value: number | null): number | null =>
    value === null ? null : Math.round(value * mebibyte);
  return {
    load: load === null ? null : Math.min(1, Math.max(0, load / 100)),
    memoryUsedBytes: bytes(used),
    memoryTotalBytes: bytes(total),
    temperatureCelsius,
    powerWatts,
  };
}

/** The tool writes `[N/A]` for what a GPU does not tell. */
function number(field: string | undefined): number | null {
  const value = Number(field || Number.NaN);
  return Number.isFinite(value) ? value : null;
}

const text = (field: string | undefined): string | null => (!field || field.startsWith('[') ? null : field);

async function query(...fields: string[]): Promise<string[] | null> {
  const args = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', args, {
      timeout: timeoutMs,
      env: process.env,
    });
    return (stdout.split('\n')[0] ?? '').split(',').map((field) => field.trim());
  } catch {
    return null;
  }
}
