import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a folder with its missing parents; one that exists is left as it is. Unlike Node's `mkdir` with `recursive`, it
 * ends for a folder that the system does not let anybody create, such as `/proc/x` (ENOENT although the parent exists).
 * @throws Error of the file system.
 */
export function createFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || existsSync(parent)) throw error;
    createFolder(parent);
    createFolder(path); // Another process may have created it in the meantime.
  }
}
