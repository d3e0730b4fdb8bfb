import { existsSync, mkdirSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** TensorFlow's C library out of its Python wheel: which one fits a platform. */
export interface Wheel {
  package: string;
  version: string;
  /** As pip names it; null for the machine's own. */
  platform: string;
  sha256: string;
  /** The two libraries, as the wheel and the linker name them. */
  libraries: [main: string, framework: string];
}

const version = '2.21.0';
const linuxLibraries: Wheel['libraries'] = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** The wheels whose digests we know, by Node's platform and architecture. */
const wheels: Record<string, Wheel> = {
  'linux-x64': {
    package: 'tensorflow-cpu',
    version,
    platform: 'manylinux_2_27_x86_64',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    libraries: linuxLibraries,
  },
  'linux-arm64': {
    package: 'tensorflow',
    version,
    platform: 'manylinux_2_27_aarch64',
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
    libraries: linuxLibraries,
  },
  'darwin-arm64': {
    package: 'tensorflow',
    version,
    platform: 'macosx_12_0_arm64',
    sha256: '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
    libraries: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
  },
};

/** The wheel for this machine, if TensorFlow publishes one. */
export const wheelForThisMachine = (): Wheel | undefined => wheels[`${process.platform}-${process.arch}`];

/** Name of the compiled addon, beside the libraries it loads. */
export const addonFile = 'tfjs_binding.node';
/** Name of the addon that loads the library without its chatter; to be required first. */
export const loaderFile = 'quiet_load.node';

/** Folder of the installed library: outside node_modules, so that it outlives `npm ci`. */
export function libraryFolder(wheel: Wheel, cache = defaultCache()): string {
  return join(cache, `${wheel.package}-${wheel.version}-${process.platform}-${process.arch}`);
}

function defaultCache(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mnist-training-monitor');
}

/** Whether `folder` holds a whole installation: it gets its name only when it is complete. */
export const isInstalled = (folder: string): boolean => existsSync(join(folder, addonFile));

/** Folder of the npm package whose addon this is. */
export function tfjsNodeFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
}

/** Puts the addon where the npm package looks for it: a link, made anew when it points elsewhere. */
export function linkAddon(folder: string): void {
  const target = join(folder, addonFile);
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
