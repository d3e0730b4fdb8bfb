import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { librariesForThisMachine, type TensorflowLibrary, tensorflowVersion } from './tensorflow-wheels.ts';

/** Version of the addons. It is part of the folder's name, so that addons of an older version are not used. */
const addonsVersion = 2;
/** Name of the compiled addon, in the folder of the libraries that it loads. */
export const addonFile = 'tfjs_binding.node';
/** Name of the addon that loads the library without its log messages; it must be loaded first. */
export const loaderFile = 'quiet_load.node';

/**
 * Returns the folder in which a library is installed, or would be. It is outside node_modules, so that `npm ci` does not remove
 * it. It contains `tensorflow/` and, for CUDA, `nvidia/`, where TensorFlow looks for NVIDIA's libraries.
 */
export function libraryFolder({ variant }: TensorflowLibrary): string {
  const name = `tensorflow-${tensorflowVersion}-${process.platform}-${process.arch}-${variant}-${addonsVersion}`;
  return join(cacheFolder(), 'mnist-training-monitor', name);
}

/** Returns the folder in which the system keeps the caches of this user. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return XDG_CACHE_HOME;
  if (process.platform === 'win32' && LOCALAPPDATA) return LOCALAPPDATA;
  return join(homeFolder(), process.platform === 'darwin' ? 'Library/Caches' : '.cache');
}

/** Returns the user's home folder, or the folder for temporary files when the user has none, as in a container. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return tmpdir();
  }
}

/** Returns the folder of libraries and addons within an installation. */
export const binaryFolder = (folder: string): string => join(folder, 'tensorflow');

/** Returns whether `folder` is an installation. It is then complete, because the installer renames it last. */
export const isInstalled = (folder: string): boolean => existsSync(join(binaryFolder(folder), addonFile));

/** Returns the installed library, preferring the one for NVIDIA GPUs, which computes on the CPU too. */
export const installedLibrary = (): TensorflowLibrary | undefined =>
  librariesForThisMachine().find((library) => isInstalled(libraryFolder(library)));

/** Returns the folder of the npm package tfjs-node-gpu, which contains the sources of the addon. */
export function tfjsNodeFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
}
