import { shuffledBatches } from '../../packages/trainer/dist/src/dataset/batches.js';
import { loadDataset } from '../../packages/trainer/dist/src/dataset/load.js';
import { warmUpSteps } from '../statistics.js';

/**
 * Trains the network of this project as a LayersModel with `trainOnBatch`, as the guide of tfjs shows.
 * @param tf The namespace of tfjs, on the backend to measure.
 * @returns Images per second after the warm-up.
 */
export async function trainLayersModel(tf, { batchSize, steps }) {
  const conv = (filters, more = {}) =>
    tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', ...more });
  const pool = () => tf.layers.maxPooling2d({ poolSize: 2 });
  const model = tf.sequential({
    layers: [
      ...[conv(32, { inputShape: [28, 28, 1] }), conv(32), pool(), conv(64), conv(64), pool()],
      ...[tf.layers.dropout({ rate: 0.25 }), tf.layers.flatten()],
      tf.layers.dense({ units: 128, activation: 'relu' }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  });
  model.compile({
    optimizer: tf.train.momentum(0.01, 0.9),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });

  const { train } = await loadDataset(undefined);
  const warmUp = warmUpSteps(steps);
  let step = 0;
  let startedAt = 0;
  for (const { images, oneHot, size } of shuffledBatches(train, batchSize, { seed: 1, epoch: 1 })) {
    if (step === warmUp) startedAt = performance.now();
    if (step === warmUp + steps) break;
    step++;
    const [x, y] = [tf.tensor4d(images, [size, 28, 28, 1]), tf.tensor2d(oneHot, [size, 10])];
    await model.trainOnBatch(x, y);
    tf.dispose([x, y]);
  }
  return (steps * batchSize * 1_000) / (performance.now() - startedAt);
}
