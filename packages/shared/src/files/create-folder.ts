import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Creates a folder with its missing parents; an existing folder is left as it is. Node's `mkdir` with `recursive` never
 * returns for a folder that nobody may create, such as `/proc/x` (ENOENT although the parent exists); this function throws.
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
