import { existsSync, readdirSync } from 'node:fs';
import { MonitorError } from '@mnist-monitor/shared';
import { plainKernels } from '../kernels/plain.ts';
import tf from '../kernels/tfjs.cjs';
import { LocalLearner } from '../learner/local-learner.ts';
import { type Engine, noGpuUsage } from './engine.ts';
import { float32Only } from './precision.ts';
import { findAdapter, loadDawn } from './webgpu-adapter.ts';

/** Options of `startWebgpu`. */
export interface WebgpuOptions {
  /** Whether to accept an adapter that computes on the CPU, slower than any other engine. For tests. */
  allowSoftware?: boolean;
}

/**
 * Starts tfjs's WebGPU backend on Dawn, which uses Metal, Vulkan or Direct3D 12.
 * @throws MonitorError `engine.unavailable` when there is no driver or no GPU, or when the backend does not start.
 */
export async function startWebgpu({ allowSoftware = false }: WebgpuOptions = {}): Promise<Engine> {
  if (!hasDriver()) throw unavailable('WebGPU finds no Vulkan driver');
  const found = await findAdapter();
  if (found === 'software' && !allowSoftware) throw unavailable('WebGPU finds no GPU, only software');
  if (found !== 'gpu' && found !== 'software')
    throw unavailable(found === 'none' ? 'WebGPU finds no GPU' : `WebGPU's driver crashes (${found})`);

  if (process.platform === 'linux') silenceMesa(found === 'software');
  const adapter = await (await createGpu()).requestAdapter();
  if (!adapter) throw unavailable('WebGPU finds no GPU');
  const { description, device, vendor, architecture } = adapter.info;

  await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu'))) throw unavailable('WebGPU does not start');
  const name = device || [vendor, architecture].filter(Boolean).join(' ') || 'GPU';
  return {
    name: 'webgpu',
    kind: 'gpu',
    deviceName: name,
    threads: null,
    kernels: plainKernels,
    gpu: { name, memoryBytes: null, driver: description || null, computeCapability: null },
    evaluationBatch: 500,
    probeSize: 500,
    selectPrecision: float32Only('webgpu', plainKernels.name),
    createLearner: async (options) => new LocalLearner(plainKernels, options),
    readGpuUsage: noGpuUsage,
  };
}

/** The folders in which Vulkan's loader finds the drivers, its ICDs ("installable client drivers"). */
const icdFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/** Returns whether a Vulkan driver is installed on Linux, without which Dawn prints an error; true on other systems. */
function hasDriver(): boolean {
  if (process.platform !== 'linux') return true;
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return true;
  return icdFolders.some(
    (folder) => existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.json')),
  );
}

/** Creates Dawn's WebGPU object, and defines the globals of a browser that tfjs expects. */
async function createGpu() {
  const { gpu, globals } = await loadDawn();
  Object.assign(globalThis, globals);
  const navigator = { gpu, userAgent: 'node' };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  return gpu;
}

/**
 * Sets environment variables without which Mesa writes to stderr although a GPU works. Variables that the user has set stay.
 * @param isSoftware Whether Mesa's own software driver, about which Dawn prints a warning, is needed.
 */
function silenceMesa(isSoftware: boolean): void {
  // Mesa looks in this folder for a Wayland display, to use the same GPU. Any absolute path is valid, even of no folder.
  process.env.XDG_RUNTIME_DIR ??= '/nonexistent';
  process.env.MESA_LOG ??= 'null';
  process.env.MESA_VK_IGNORE_CONFORMANCE_WARNING ??= 'true';
  if (!isSoftware) process.env.VK_LOADER_DRIVERS_DISABLE ??= '*lvp*';
}

const unavailable = (message: string): MonitorError => new MonitorError('engine.unavailable', message);
