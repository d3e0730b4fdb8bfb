// The program of the child process that `findAdapter` starts: sends the kind of WebGPU's adapter to the parent process.
import { kindOf, loadDawn } from './webgpu-adapter.ts';

const { gpu } = await loadDawn();
process.send?.(kindOf(await gpu.requestAdapter()), () => process.exit());
