import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Windows has neither constant, and lets only administrators make links. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Opens a regular file in a folder and returns its descriptor, which the caller has to close. No link below the folder is
 * followed, not even one that appears during the call: the opened file is checked, not the path. Synchronous, unlike the
 * gateway's function of the same name, because the trainer writes the files of a run synchronously.
 * @param name Path below the folder.
 * @param flags Numeric flags of `open`; not O_TRUNC, which would empty a file before it is checked.
 * @throws Error with a `code`: that of `open`, or ELOOP when it is a link or not a regular file.
 */
export function openRegularFile(folder: string, name: string, flags: number): number {
  const path = join(realpathSync(folder), name);
  // Without O_NONBLOCK, opening a named pipe would wait for ever.
  const file = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (isRegularFileAt(file, path)) return file;
    throw Object.assign(new Error(`expected a regular file and no link at ${path}`), { code: 'ELOOP' });
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Returns the path of an open file; undefined on systems without /proc. */
function pathOf(file: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${file}`);
  } catch {
    return undefined;
  }
}

function isRegularFileAt(file: number, path: string): boolean {
  const expected = fstatSync(file);
  if (!expected.isFile()) return false;
  const opened = pathOf(file);
  if (opened !== undefined) return opened === path;
  const found = lstatSync(path);
  return realpathSync(path) === path && found.dev === expected.dev && found.ino === expected.ino;
}
