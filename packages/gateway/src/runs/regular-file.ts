import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';

/** Windows has neither constant, and lets only administrators make links. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Opens a regular file for reading, which the caller has to close; undefined when there is none at exactly this path. No
 * link is followed on the way, not even one that appears in the meantime: the opened file is checked, not the path.
 * @param path An absolute path; a link in its folders counts as a link on the way.
 */
export async function openRegularFile(path: string): Promise<FileHandle | undefined> {
  // Without O_NONBLOCK, opening a named pipe would occupy a thread for ever.
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (file === undefined || (await isRegularFileAt(file, path).catch(() => false))) return file;
  await file.close();
  return undefined;
}

async function isRegularFileAt(file: FileHandle, path: string): Promise<boolean> {
  const expected = await file.stat();
  if (!expected.isFile()) return false;
  // Linux knows where an open file is, also if it was replaced since.
  const opened = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (opened !== undefined) return opened === path || opened === `${path} (deleted)`;
  const found = await lstat(path);
  return (await realpath(path)) === path && found.dev === expected.dev && found.ino === expected.ino;
}
