import type { Engine } from '../../src/engines/engine.ts';
import { startTensorflow } from '../../src/engines/tensorflow.ts';
import { startWasm } from '../../src/engines/wasm.ts';
import { startWebgpu } from '../../src/engines/webgpu.ts';
import { installedLibrary } from '../../src/install/tensorflow-library.ts';

/** Whether tests can use TensorFlow. */
export const hasTensorflow = installedLibrary() !== undefined;
if (!hasTensorflow) {
  if (process.env.CI) throw new Error('CI requires the engine tensorflow: npm run engine');
  console.log(
    'Tests of the engine tensorflow are skipped: it is not installed (npm run engine installs it).',
  );
}

/** An engine's name, and a function that starts it. */
export type EngineEntry = [name: string, start: () => Promise<Engine>];

/** The engines on this machine that train fast enough for tests. */
export const engines: EngineEntry[] = [
  ['wasm', () => startWasm()],
  ...(hasTensorflow ? ([['tensorflow', startTensorflow]] as EngineEntry[]) : []),
];

/** Whether SwiftShader, the software Vulkan driver that Chromium includes, is installed (`jest.config.js`). */
const hasSoftwareGpu = process.env.VK_ICD_FILENAMES !== undefined;
if (!hasSoftwareGpu) {
  if (process.env.CI)
    throw new Error('CI requires a software Vulkan driver: install libvulkan1 and chromium');
  console.log('Tests of the engine webgpu are skipped: no software Vulkan driver is installed.');
}

/** The engine webgpu on a software driver, if that is installed; only for tests that run in a process of their own. */
export const webgpuEngines: EngineEntry[] = hasSoftwareGpu
  ? [['webgpu', () => startWebgpu({ allowSoftware: true })]]
  : [];

/** Starts the fastest engine. */
export const startFastest = engines.at(-1)?.[1] as () => Promise<Engine>;
