import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { RunStartedData, SystemData } from '../event-data.ts';

type GpuDetails = NonNullable<RunStartedData['device']['gpu']>;
type GpuUsage = NonNullable<SystemData['gpu']>;

const timeoutMs = 2_000;
const mebibyte = 2 ** 20;

/** Describes the first NVIDIA GPU; null when nvidia-smi is not installed or finds none. */
export async function describeGpu(): Promise<GpuDetails | null> {
  const fields = await query('name', 'memory.total', 'driver_version', 'compute_cap');
  return fields && parseDetails(fields);
}

/** The environment variables and device files that show whether a GPU is available. */
export interface HostEnvironment {
  env: NodeJS.ProcessEnv;
  exists: (path: string) => boolean;
}

const thisHost: HostEnvironment = { env: process.env, exists: existsSync };

/** Device files of the driver: on Linux, and in the Windows Subsystem for Linux. */
const deviceFiles = ['/dev/nvidiactl', '/dev/dxg'];

/** Returns whether the environment variables are those of a container that was started with a GPU. */
export const expectsGpu = ({ env }: Pick<HostEnvironment, 'env'> = thisHost): boolean =>
  !['', 'void', 'none'].includes(env.NVIDIA_VISIBLE_DEVICES ?? '');

/** Explains in one clause why TensorFlow has no NVIDIA GPU. */
export async function explainNoGpu({ env, exists }: HostEnvironment = thisHost): Promise<string> {
  const visible = env.NVIDIA_VISIBLE_DEVICES;
  if (visible === 'void' || visible === 'none') return `NVIDIA_VISIBLE_DEVICES=${visible} hides every GPU`;
  if (process.platform === 'linux' && !deviceFiles.some(exists))
    return expectsGpu({ env }) ? 'this container has no NVIDIA device' : 'this machine has no NVIDIA driver';
  const gpu = await describeGpu();
  if (gpu) return `TensorFlow cannot use ${gpu.name}${gpu.driver ? ` with driver ${gpu.driver}` : ''}`;
  return 'the NVIDIA driver does not respond';
}

/** Reads load, memory, temperature and power of the first NVIDIA GPU; null when nvidia-smi cannot be run. */
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

/** Parses nvidia-smi's name, memory in MiB, driver version and compute capability. */
export function parseDetails([name = '', memory, driver, capability]: string[]): GpuDetails {
  const memoryMiB = parseNumber(memory);
  return {
    name: name || 'NVIDIA GPU',
    memoryBytes: memoryMiB === null ? null : Math.round(memoryMiB * mebibyte),
    driver: parseText(driver),
    computeCapability: parseText(capability),
  };
}

/** Parses nvidia-smi's load in percent, used and total memory in MiB, temperature in degrees Celsius and power in watts. */
export function parseUsage(fields: string[]): GpuUsage {
  const [load, used, total, temperatureCelsius, powerWatts] = fields.map(parseNumber);
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

/** Parses a number; null for `[N/A]`, which nvidia-smi prints for values that a GPU does not report. */
function parseNumber(field: string | undefined): number | null {
  const value = Number(field || Number.NaN);
  return Number.isFinite(value) ? value : null;
}

/** Parses a text; null for values in brackets, such as `[N/A]`. */
const parseText = (field: string | undefined): string | null =>
  !field || field.startsWith('[') ? null : field;

/** Returns the values of properties of the first GPU, by their names in nvidia-smi; null when nvidia-smi cannot be run. */
async function query(...fields: string[]): Promise<string[] | null> {
  const args = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', args, {
      timeout: timeoutMs,
      windowsHide: true,
      env: process.env,
    });
    return (stdout.split('\n')[0] ?? '').split(',').map((field) => field.trim());
  } catch {
    return null;
  }
}
