// Trains the network of this project on tfjs-node-gpu, which uses the CPU without a GPU, with default settings: `node bench/peers/train_tfjs.js BATCH_SIZE STEPS` prints JSON.
import { createRequire } from 'node:module';
import { startTensorflow } from '../../packages/trainer/dist/src/engines/tensorflow.js';
import { trainLayersModel } from './layers_model.js';

// Leaves oneDNN to TensorFlow, where `startTensorflow` would turn it on.
process.env.TF_ENABLE_ONEDNN_OPTS ??= '';
await startTensorflow();
const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');
const [batchSize, steps] = process.argv.slice(2).map(Number);
console.log(JSON.stringify({ imagesPerSecond: await trainLayersModel(tf, { batchSize, steps }) }));
