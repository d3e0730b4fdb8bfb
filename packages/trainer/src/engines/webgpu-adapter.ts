import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

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

/** Dawn's WebGPU object. */
interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

/** The kind of adapter that WebGPU selects on this machine. */
export type AdapterKind = 'gpu' | 'software' | 'none';

/** Loads Dawn's module: its WebGPU object, and the globals of a browser that tfjs expects. */
export const loadDawn = async (): Promise<{ gpu: Gpu; globals: object }> => {
  const { create, globals } = (await import('webgpu')) as { create(options: string[]): Gpu; globals: object };
  return { gpu: create([]), globals };
};

/** Returns the kind of an adapter: `none` for null. */
export const kindOf = (adapter: Adapter | null): AdapterKind =>
  adapter === null ? 'none' : adapter.info.isFallbackAdapter ? 'software' : 'gpu';

const probeProgram = fileURLToPath(new URL('./webgpu-probe.js', import.meta.url));
/** Time limit of the search for an adapter: drivers of a GPU that sleeps take some seconds. */
const timeoutMs = 30_000;

/**
 * Finds out in a child process which adapter WebGPU selects. Vulkan's loader, its drivers and Dawn write to stderr about every
 * driver that does not work, and no setting prevents that; the child's stderr is discarded. A driver that crashes does not end
 * this process.
 * @param program Path of the child's program. For tests.
 * @returns The kind, or the signal that ended the child.
 */
export function findAdapter(program = probeProgram): Promise<AdapterKind | NodeJS.Signals> {
  return new Promise((resolve) => {
    const child = fork(program, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
      timeout: timeoutMs,
    });
    child.once('message', (kind) => {
      resolve(kind as AdapterKind);
      child.kill('SIGKILL'); // Dawn on a software driver needs seconds to shut down.
    });
    child.once('error', () => resolve('none'));
    child.once('exit', (_code, signal) => resolve(signal ?? 'none'));
  });
}
