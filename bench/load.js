import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { spawnOn } from './pinned.js';

const localPath = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Compiles the Go program in a folder beside this file. @returns Its path. */
export function buildGo(folder) {
  const go = ['/usr/local/go/bin/go', '/usr/lib/go/bin/go'].find(existsSync) ?? 'go';
  const program = localPath(`.build/${folder.replaceAll('/', '-')}`);
  mkdirSync(localPath('.build'), { recursive: true });
  try {
    execFileSync(go, ['build', '-o', program, '.'], {
      cwd: localPath(folder),
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'Go is not installed (https://go.dev/dl)' : 'it does not compile';
    throw new Error(`bench/${folder} cannot be built: ${why}`);
  }
  return program;
}

/** Runs the load generator on the second core. @returns Its measurements. */
export async function generateLoad(program, flags) {
  const args = Object.entries(flags).map(([name, value]) => `-${name}=${value}`);
  const child = spawnOn(1, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the load generator exited with code ${code}`);
  return JSON.parse(output);
}
