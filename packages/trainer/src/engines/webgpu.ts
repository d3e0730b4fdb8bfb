import { existsSync, readdirSync } from 'node:fs';
import { MonitorError } from '@mnist-monitor/shared';
import * as tf from '@tensorflow/tfjs-core';
import { plainKernels } from '../kernels/plain.ts';
import { LocalLearner } from '../learner/local-learner.ts';
import { type Engine, noGpuUsage } from './engine.ts';
import { float32Only } from './precision.ts';

/** The part of a WebGPU adapter that describes it. */
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

/** Options of `startWebgpu`. */
export interface WebgpuOptions {
  /** Whether to accept an adapter that computes on the CPU, slower than any other engine. For tests. */
  allowSoftware?: boolean;
}

/**
 * Starts tfjs's WebGPU backend on Dawn, which uses Metal, Vulkan or Direct3D 12.
 * @throws MonitorError `engine.unavailable` when there is no driver or no GPU.
 */
export async function startWebgpu({ allowSoftware = false }: WebgpuOptions = {}): Promise<Engine> {
  if (!hasDriver()) throw unavailable('WebGPU finds no Vulkan driver');
  const adapter = await (await createGpu()).requestAdapter();
  if (!adapter) throw unavailable('WebGPU finds no GPU');
  const { description, device, vendor, architecture, isFallbackAdapter } = adapter.info;
  if (isFallbackAdapter && !allowSoftware) throw unavailable('WebGPU finds no GPU, only software');

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
    selectPrecision: float32Only('webgpu', plainKernels.name),
    createLearner: async (options) => new LocalLearner(plainKernels, options),
    readGpuUsage: noGpuUsage,
  };
}

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
async function createGpu(): Promise<Gpu> {
  const { create, globals } = (await import('webgpu')) as { create(options: string[]): Gpu; globals: object };
  const gpu = create([]);
  Object.assign(globalThis, globals);
  const navigator = { gpu, userAgent: 'node' };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  return gpu;
}

const unavailable = (message: string): MonitorError => new MonitorError('engine.unavailable', message);
