// Trains the network of this project on tfjs's WebAssembly backend, with a kernel for training that the backend lacks:
// `node bench/peers/train_tfjs_wasm.js BATCH_SIZE STEPS` prints JSON.
import { createRequire } from 'node:module';
import { trainLayersModel } from './layers_model.js';

const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');
require('@tensorflow/tfjs-backend-wasm');
await tf.setBackend('wasm');

tf.registerKernel({
  kernelName: 'Conv2DBackpropFilter',
  backendName: 'wasm',
  // Convolves the padded input with dy, with the batch as the channels; "same" padding, stride 1.
  kernelFunc({ inputs: { x, dy }, attrs: { filterShape } }) {
    const border = (filterShape[0] - 1) / 2;
    const sides = [0, border, border, 0].map((width) => [width, width]);
    return tf.tidy(() => {
      const images = tf.transpose(tf.pad(x, sides), [3, 1, 2, 0]);
      return tf.transpose(tf.conv2d(images, tf.transpose(dy, [1, 2, 0, 3]), 1, 'valid'), [1, 2, 0, 3]);
    });
  },
});

const [batchSize, steps] = process.argv.slice(2).map(Number);
console.log(JSON.stringify({ imagesPerSecond: await trainLayersModel(tf, { batchSize, steps }) }));
