import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath } from 'node:fs/promises';

// Windows has neither O_NOFOLLOW nor O_NONBLOCK, and lets only administrators make links.
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Opens a regular file for reading, which the caller has to close; undefined when there is none at exactly this path. No
 * symbolic link is followed, neither in the folders of the path nor one created during the call: the check is made on
 * the opened file, not on the path. Asynchronous, unlike the function of the trainer with this name: the event loop must
 * not wait for the disk.
 * @param path An absolute path.
 */
export async function openRegularFile(path: string): Promise<FileHandle | undefined> {
  // Without O_NONBLOCK, opening a named pipe would occupy a thread for ever.
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (file === undefined || (await isRegularFileAt(file, path).catch(() => false))) return file;
  await file.close();
  return undefined;
}

async function isRegularFileAt(file: FileHandle, path: string): Promise<boolean> {
  const opened = await file.stat();
  if (!opened.isFile()) return false;
  // Linux reports the path of an open file, even if the file was replaced since it was opened.
  const openedPath = await readlink(`/proc/self/fd/${file.fd}`).catch(() => undefined);
  if (openedPath !== undefined) return openedPath === path || openedPath === `${path} (deleted)`;
  const atPath = await lstat(path);
  return (await realpath(path)) === path && atPath.dev === opened.dev && atPath.ino === opened.ino;
}
