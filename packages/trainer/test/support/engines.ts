import type { Engine } from '../../src/engines/engine.ts';
import { startTensorflow } from '../../src/engines/tensorflow.ts';
import { startWasm } from '../../src/engines/wasm.ts';
import { startWebgpu } from '../../src/engines/webgpu.ts';
import { installedLibrary } from '../../src/install/tensorflow-library.ts';

const tensorflowThere = installedLibrary() !== undefined;
if (!tensorflowThere) {
  if (process.env.CI) throw new Error('in CI the engine tensorflow must be installed: npm run engine');
  console.log(
    'Tests of the engine tensorflow are skipped: it is not installed (npm run engine installs it).',
  );
}

/** The engines that this machine has, by name. */
export const engines: [name: string, start: () => Promise<Engine>][] = [
  ['wasm', () => startWasm()],
  ...(tensorflowThere ? ([['tensorflow', startTensorflow]] as [string, () => Promise<Engine>][]) : []),
];

/** A WebGPU adapter in software, for tests of what a GPU would run: SwiftShader, which Chromium brings. */
const softwareGpu = process.env.VK_ICD_FILENAMES !== undefined;
if (!softwareGpu) {
  if (process.env.CI)
    throw new Error('in CI a Vulkan driver in software must be there: libvulkan1 and chromium');
  console.log('Tests of the engine webgpu are skipped: there is no Vulkan driver in software.');
}

/** With those that are too slow to train here. */
export const allEngines: typeof engines = softwareGpu
  ? [...engines, ['webgpu', () => startWebgpu({ software: true })]]
  : engines;

/** The quickest of them. */
export const startFastest = engines.at(-1)?.[1] as () => Promise<Engine>;
