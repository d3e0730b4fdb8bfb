// Trains the network of this project with default settings on tfjs-node-gpu, which uses the CPU where there is no GPU: `node bench/peers/train_tfjs.js BATCH_SIZE STEPS` prints JSON.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  addonFile,
  binaryFolder,
  installedLibrary,
  libraryFolder,
  tfjsNodeFolder,
} from '../../packages/trainer/dist/src/install/tensorflow-library.js';
import { trainLayersModel } from './layers_model.js';

const require = createRequire(import.meta.url);
// The index of tfjs-node expects the addon in its own package.
const link = join(tfjsNodeFolder(), 'lib', 'napi-v8', addonFile);
mkdirSync(dirname(link), { recursive: true });
rmSync(link, { force: true });
symlinkSync(join(binaryFolder(libraryFolder(installedLibrary())), addonFile), link);
process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
// tfjs-node 4.22 calls two functions of `util` that Node 23 has removed.
Object.assign(require('node:util'), {
  isArray: Array.isArray,
  isNullOrUndefined: (value) => value === null || value === undefined,
});
const tf = require('@tensorflow/tfjs-node-gpu');
const [batchSize, steps] = process.argv.slice(2).map(Number);
console.log(JSON.stringify({ imagesPerSecond: await trainLayersModel(tf, { batchSize, steps }) }));
