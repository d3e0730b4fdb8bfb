import { existsSync, mkdirSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Library, librariesForThisMachine, tensorflowVersion } from './tensorflow-wheels.ts';

/** Counts up when the addons are built another way, so that older ones are not taken for these. */
const addonsVersion = 2;
/** Name of the compiled addon, beside the libraries it loads. */
export const addonFile = 'tfjs_binding.node';
/** Name of the addon that loads the library without its chatter; to be required first. */
export const loaderFile = 'quiet_load.node';

/**
 * Folder of an installed library: outside node_modules, so that it outlives `npm ci`. In it lie `tensorflow/` and, for
 * CUDA, `nvidia/`, side by side, as TensorFlow looks for them.
 */
export function libraryFolder({ variant }: Library): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const name = `tensorflow-${tensorflowVersion}-${process.platform}-${process.arch}-${variant}-${addonsVersion}`;
  return join(cache, 'mnist-training-monitor', name);
}

/** Where libraries and addons lie in it. */
export const binaries = (folder: string): string => join(folder, 'tensorflow');

/** Whether `folder` holds a whole installation: it gets its name only when it is complete. */
export const isInstalled = (folder: string): boolean => existsSync(join(binaries(folder), addonFile));

/** The library to use: the one for NVIDIA GPUs when it is there, since it computes on the CPU too. */
export const installedLibrary = (): Library | undefined =>
  librariesForThisMachine().find((library) => isInstalled(libraryFolder(library)));

/** Folder of the npm package whose addon this is. */
export function tfjsNodeFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
}

/** Puts the addon where the npm package looks for it: a link, made anew when it points elsewhere. */
export function linkAddon(folder: string): void {
  const target = join(binaries(folder), addonFile);
  const link = join(tfjsNodeFolder(), 'lib', 'napi-v8', addonFile);
  if (linkedTo(link) === target) return;
  mkdirSync(dirname(link), { recursive: true });
  const fresh = `${link}.${process.pid}`;
  symlinkSync(target, fresh);
  renameSync(fresh, link);
}

function linkedTo(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
