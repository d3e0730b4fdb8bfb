import { contentOf, type SavedFile } from '../state/saved-run.ts';

// Replaces `net/run-files.ts` on the page of a saved file, which makes no request.

let files: ReadonlyMap<string, SavedFile> = new Map();

/** Sets the files that the functions below read. */
export function setSavedFiles(saved: ReadonlyMap<string, SavedFile>): void {
  files = saved;
}

const read = (address: string): Uint8Array<ArrayBuffer> => {
  const file = files.get(address);
  if (!file) throw new Error('it is not part of this file');
  return contentOf(file);
};

/** Reads a file of the run. @throws Error when it is not saved. */
export const readRunFile = async (address: string): Promise<ArrayBuffer> => read(address).buffer;

/** Reads the bytes of a file from `begin` up to, but not including, `end`, or to its end. @throws Error when it is not saved. */
export const readRunFileRange = async (address: string, begin: number, end?: number): Promise<Uint8Array> =>
  read(address).subarray(begin, end);
