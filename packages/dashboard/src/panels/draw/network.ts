import type { Tensor } from './safetensors.ts';

/** A layer as described by the event `run.started`. */
export interface Layer {
  name: string;
  type: string;
}

/** The output of a layer for one image: channel by channel, row by row. */
interface Activation {
  channels: number;
  height: number;
  width: number;
  values: Float32Array;
}

type Operation = (input: Activation) => Activation;

/**
 * The forward pass of a trained network for one image: convolutions with padding that keeps the size, ReLU, max pooling
 * of 2 × 2 and dense layers, with weights named and laid out as in PyTorch. The network of this project takes 20 million
 * multiplications, about 20 ms in plain JavaScript, which is why no tensor library is loaded.
 */
export class Network {
  readonly #operations: Operation[];

  /** @throws TypeError when a layer has an unsupported type, or no weights. */
  constructor(layers: readonly Layer[], tensors: ReadonlyMap<string, Tensor>) {
    const weights = (name: string): { weight: Tensor; bias: Tensor } => {
      const [weight, bias] = [tensors.get(`${name}.weight`), tensors.get(`${name}.bias`)];
      if (!weight || !bias) throw new TypeError(`expected weights of the layer ${name}`);
      return { weight, bias };
    };
    this.#operations = layers.map(({ name, type }): Operation => {
      switch (type) {
        case 'conv2d':
          return convolution(weights(name));
        case 'dense':
          return dense(weights(name));
        case 'maxPool2d':
          return maxPool;
        case 'relu':
          return relu;
        case 'dropout':
        case 'flatten': // The values are already in the order of the dense layer's weights: channels, rows, columns.
          return (input) => input;
        default:
          throw new TypeError(`expected a layer that this page can compute, got ${type} (${name})`);
      }
    });
  }

  /** Returns the probability of each class for an image of 28 × 28 grey values from 0 to 1. */
  predict(image: Float32Array): Float32Array {
    const side = Math.sqrt(image.length);
    const input: Activation = { channels: 1, height: side, width: side, values: image };
    return softmax(this.#operations.reduce((activation, operation) => operation(activation), input).values);
  }
}

/** Creates a convolution with weights of shape [out, in, size, size]; zero padding keeps the image's size. */
const convolution =
  ({ weight, bias }: { weight: Tensor; bias: Tensor }): Operation =>
  (image) => {
    const { height, width } = image;
    const [channels = 0, inputs = 0, size = 1] = weight.shape;
    const padded = pad(image, size >> 1);
    const values = new Float32Array(channels * height * width);
    for (let channel = 0; channel < channels; channel++) {
      const plane = values.subarray(channel * height * width, (channel + 1) * height * width);
      plane.fill(bias.values[channel] as number);
      for (let input = 0; input < inputs; input++)
        for (let tap = 0; tap < size * size; tap++) {
          const factor = weight.values[(channel * inputs + input) * size * size + tap] as number;
          const [down, right] = [Math.floor(tap / size), tap % size];
          for (let row = 0; row < height; row++) {
            const source = (input * padded.height + row + down) * padded.width + right;
            const target = row * width;
            for (let column = 0; column < width; column++)
              plane[target + column] =
                (plane[target + column] as number) + factor * (padded.values[source + column] as number);
          }
        }
    }
    return { channels, height, width, values };
  };

function pad({ channels, height, width, values }: Activation, border: number): Activation {
  const padded = { channels, height: height + 2 * border, width: width + 2 * border };
  const result = new Float32Array(channels * padded.height * padded.width);
  for (let channel = 0; channel < channels; channel++)
    for (let row = 0; row < height; row++) {
      const from = (channel * height + row) * width;
      result.set(
        values.subarray(from, from + width),
        (channel * padded.height + row + border) * padded.width + border,
      );
    }
  return { ...padded, values: result };
}

const dense =
  ({ weight, bias }: { weight: Tensor; bias: Tensor }): Operation =>
  ({ values }) => {
    const result = bias.values.slice();
    for (let unit = 0; unit < result.length; unit++) {
      let sum = result[unit] as number;
      for (let index = 0; index < values.length; index++)
        sum += (values[index] as number) * (weight.values[unit * values.length + index] as number);
      result[unit] = sum;
    }
    return { channels: result.length, height: 1, width: 1, values: result };
  };

const relu: Operation = ({ values, ...shape }) => ({
  ...shape,
  values: values.map((value) => Math.max(0, value)),
});

const maxPool: Operation = ({ channels, height, width, values }) => {
  const [rows, columns] = [height >> 1, width >> 1];
  const result = new Float32Array(channels * rows * columns);
  for (let index = 0; index < result.length; index++) {
    const column = index % columns;
    const row = Math.floor(index / columns) % rows;
    const from = (Math.floor(index / (rows * columns)) * height + 2 * row) * width + 2 * column;
    result[index] = Math.max(
      values[from] as number,
      values[from + 1] as number,
      values[from + width] as number,
      values[from + width + 1] as number,
    );
  }
  return { channels, height: rows, width: columns, values: result };
};

function softmax(logits: Float32Array): Float32Array {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
