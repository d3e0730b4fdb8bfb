import { existsSync, readdirSync } from 'node:fs';
import { MonitorError } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import { plainKernels } from '../kernels/plain.ts';
import { LocalLearner } from '../learner/local-learner.ts';
import { type Engine, noGpu } from './engine.ts';

/** The part of a WebGPU adapter that tells what it is. */
interface Adapter {
  info: {
    vendor: string;
    architecture: string;
    device: string;
    description: string;
    isFallbackAdapter?: boolean;
  };
}

interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

export interface WebgpuOptions {
  /** Takes an adapter that computes on the CPU, too: right, but slower than any other engine. For tests. */
  software?: boolean;
}

/**
 * Starts tfjs's WebGPU backend on Dawn: Metal, Vulkan or Direct3D 12.
 * @throws MonitorError `engine.unavailable` when there is no driver, or no GPU behind it.
 */
export async function startWebgpu({ software = false }: WebgpuOptions = {}): Promise<Engine> {
  if (!hasDriver()) throw unavailable('WebGPU finds no Vulkan driver');
  const adapter = await (await openGpu()).requestAdapter();
  if (!adapter) throw unavailable('WebGPU finds no GPU');
  const { description, device, vendor, architecture, isFallbackAdapter } = adapter.info;
  if (isFallbackAdapter && !software) throw unavailable('WebGPU finds no GPU, only software');

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
    createLearner: async (options) => new LocalLearner(plainKernels, options),
    readGpuUsage: noGpu,
  };
}

const icdFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/** On Linux, looks for a Vulkan driver before Dawn does, which would complain on the console that there is none. */
function hasDriver(): boolean {
  if (process.platform !== 'linux') return true;
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return true;
  return icdFolders.some(
    (folder) => existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.json')),
  );
}

/** Makes Node look like a browser with WebGPU, as tfjs expects it. */
async function openGpu(): Promise<Gpu> {
  const { create, globals } = (await import('webgpu')) as { create(options: string[]): Gpu; globals: object };
  const gpu = create([]);
  Object.assign(globalThis, globals);
  const navigator = { gpu, userAgent: 'node' };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  return gpu;
}

const unavailable = (message: string): MonitorError => new MonitorError('engine.unavailable', message);
