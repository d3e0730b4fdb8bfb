import type { Tensor } from './safetensors.ts';

/** A layer as described by the event `run.started`. */
export interface Layer {
  name: string;
  type: string;
}

/** The input or the output of a layer for one image: channel by channel, row by row. */
export interface Activation {
  channels: number;
  height: number;
  width: number;
  values: Float32Array;
}

/** The output of a layer for one image, with the name and the type of the layer. */
export interface LayerOutput extends Activation {
  name: string;
  type: string;
}

/** The filters of a convolution. `values` is [count, inputs, size, size]. */
export interface Filters {
  count: number;
  inputs: number;
  size: number;
  values: Float32Array;
}

/** Returns an array of zeros for the values that an operation computes. */
type Allocate = (length: number) => Float32Array;

type Operation = (input: Activation, allocate: Allocate) => Activation;

const allocateNew: Allocate = (length) => new Float32Array(length);

/**
 * Arrays that each forward pass uses again: the 50 passes of an occlusion map would otherwise leave 80 MB of arrays until the next
 * garbage collection.
 */
class ReusedArrays {
  readonly #arrays: Float32Array[] = [];
  #next = 0;

  /** Begins a forward pass, which overwrites the values of the previous pass. */
  begin(): void {
    this.#next = 0;
  }

  readonly allocate: Allocate = (length) => {
    const at = this.#next++;
    const known = this.#arrays[at];
    if (known?.length === length) return known.fill(0);
    const array = new Float32Array(length);
    this.#arrays[at] = array;
    return array;
  };
}

/** The arrays that all networks share: a forward pass ends before another one begins. */
const reusedArrays = new ReusedArrays();

/**
 * The forward pass of a trained network for one image: convolutions with padding that keeps the size, ReLU, max pooling
 * of 2 × 2 and dense layers. The weights are laid out as in PyTorch or, in the snapshots of this project, as in TensorFlow; the
 * rounded weights of snapshots stay bytes. The trainer's default network takes 20 million multiplications, about 20 ms in plain
 * JavaScript, which is why no tensor library is loaded.
 */
export class Network {
  readonly #steps: readonly { layer: Layer; run: Operation }[];
  readonly #firstConvolution: Weight | undefined;

  /** @throws TypeError when the type of a layer is not supported, or its weights are missing. */
  constructor(layers: readonly Layer[], tensors: ReadonlyMap<string, Tensor>) {
    const weights = (name: string): { weight: Weight; bias: Tensor } => {
      const [weight, bias] = [tensors.get(`${name}.weight`), tensors.get(`${name}.bias`)];
      if (!weight || !bias) throw new TypeError(`expected weights of the layer ${name}`);
      return { weight: new Weight(weight), bias };
    };
    const isChannelsLast = [...tensors].some(
      ([name, tensor]) => name.endsWith('.weight') && new Weight(tensor).isChannelsLast,
    );
    this.#steps = layers.map((layer): { layer: Layer; run: Operation } => {
      const { name, type } = layer;
      switch (type) {
        case 'conv2d':
          return { layer, run: convolution(weights(name)) };
        case 'dense':
          return { layer, run: dense(weights(name)) };
        case 'maxPool2d':
          return { layer, run: maxPool };
        case 'relu':
          return { layer, run: relu };
        case 'flatten':
          return { layer, run: isChannelsLast ? channelsLast : (input) => input };
        case 'dropout':
          return { layer, run: (input) => input };
        default:
          throw new TypeError(`expected a layer that this page can compute, got ${type} (${name})`);
      }
    });
    const first = layers.find(({ type }) => type === 'conv2d');
    this.#firstConvolution = first && weights(first.name).weight;
  }

  /** Returns the probability of each class for a square image of grey values from 0 to 1. */
  predict(image: Float32Array): Float32Array {
    reusedArrays.begin();
    const { allocate } = reusedArrays;
    const output = this.#steps.reduce((activation, { run }) => run(activation, allocate), inputOf(image));
    return softmax(output.values);
  }

  /** Returns the output of each layer for a square image of grey values from 0 to 1. */
  outputs(image: Float32Array): LayerOutput[] {
    return this.#outputs(image, allocateNew);
  }

  /** Returns what `outputs` does, in arrays that the next forward pass overwrites. */
  temporaryOutputs(image: Float32Array): LayerOutput[] {
    reusedArrays.begin();
    return this.#outputs(image, reusedArrays.allocate);
  }

  #outputs(image: Float32Array, allocate: Allocate): LayerOutput[] {
    let activation = inputOf(image);
    return this.#steps.map(({ layer: { name, type }, run }) => {
      activation = run(activation, allocate);
      return { name, type, ...activation };
    });
  }

  /** Returns the filters of the first convolution; undefined without one. */
  firstFilters(): Filters | undefined {
    const weight = this.#firstConvolution;
    if (!weight) return undefined;
    const { outputs: count, inputs, size } = weight;
    const taps = size * size;
    const values = new Float32Array(count * inputs * taps);
    for (let filter = 0; filter < count; filter++)
      for (let input = 0; input < inputs; input++)
        for (let tap = 0; tap < taps; tap++)
          values[(filter * inputs + input) * taps + tap] = weight.at(filter, input, tap);
    return { count, inputs, size, values };
  }
}

function inputOf(image: Float32Array): Activation {
  const side = Math.sqrt(image.length);
  return { channels: 1, height: side, width: side, values: image };
}

/** A tensor of weights in either layout, [out, in, size, size] or [size, size, in, out]; dense layers have no sizes. */
class Weight {
  readonly isChannelsLast: boolean;
  readonly outputs: number;
  readonly inputs: number;
  readonly size: number;
  readonly values: Float32Array | Int8Array;
  /** The scale of each output; undefined where the values are not rounded. */
  readonly scales: Float32Array | undefined;
  /** Distances in `values` between neighbouring outputs, inputs and positions in a filter ("taps"). */
  readonly strides: { output: number; input: number; tap: number };

  constructor({ shape, values, scale }: Tensor) {
    const last = shape.length - 1;
    // The scale is longer than 1 only on the axis of the outputs.
    this.isChannelsLast = scale !== undefined && scale.shape[0] === 1 && scale.shape[last] === shape[last];
    this.outputs = shape[this.isChannelsLast ? last : 0] ?? 0;
    this.inputs = shape[this.isChannelsLast ? last - 1 : 1] ?? 0;
    this.size = shape.length === 4 ? (shape[this.isChannelsLast ? 0 : 2] ?? 1) : 1;
    this.values = values;
    this.scales = scale?.values;
    const taps = this.size * this.size;
    this.strides = this.isChannelsLast
      ? { output: 1, input: this.outputs, tap: this.inputs * this.outputs }
      : { output: this.inputs * taps, input: taps, tap: 1 };
  }

  scaleOf(output: number): number {
    return this.scales ? (this.scales[output] ?? this.scales[0] ?? 1) : 1;
  }

  at(output: number, input: number, tap: number): number {
    const { strides } = this;
    const index = output * strides.output + input * strides.input + tap * strides.tap;
    return (this.values[index] as number) * this.scaleOf(output);
  }
}

const biasOf = ({ values, scale }: Tensor, index: number): number =>
  (values[index] as number) * (scale ? (scale.values[index] ?? scale.values[0] ?? 1) : 1);

/** Creates a convolution; zero padding keeps the image's size. */
const convolution =
  ({ weight, bias }: { weight: Weight; bias: Tensor }): Operation =>
  (image, allocate) => {
    const { height, width } = image;
    const { outputs: channels, inputs, size } = weight;
    const padded = pad(image, size >> 1, allocate);
    const values = allocate(channels * height * width);
    for (let channel = 0; channel < channels; channel++) {
      const plane = values.subarray(channel * height * width, (channel + 1) * height * width);
      plane.fill(biasOf(bias, channel));
      for (let input = 0; input < inputs; input++) {
        const taps = Array.from({ length: size * size }, (_, tap) => weight.at(channel, input, tap));
        const source = padded.values.subarray(
          input * padded.height * padded.width,
          (input + 1) * padded.height * padded.width,
        );
        if (size === 3) addFiltered3(plane, source, taps, image);
        else addFiltered(plane, source, taps, { ...image, size });
      }
    }
    return { channels, height, width, values };
  };

type PlaneSize = Pick<Activation, 'height' | 'width'>;

/** Adds to `plane` the padded `source`, filtered with 3 × 3 weights: in one pass, four times as fast as in a pass for each weight. */
function addFiltered3(
  plane: Float32Array,
  source: Float32Array,
  taps: readonly number[],
  { height, width }: PlaneSize,
): void {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = taps;
  const stride = width + 2;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const at = row * stride + column;
      const below = at + stride;
      const last = below + stride;
      plane[row * width + column] =
        (plane[row * width + column] as number) +
        a * (source[at] as number) +
        b * (source[at + 1] as number) +
        c * (source[at + 2] as number) +
        d * (source[below] as number) +
        e * (source[below + 1] as number) +
        f * (source[below + 2] as number) +
        g * (source[last] as number) +
        h * (source[last + 1] as number) +
        i * (source[last + 2] as number);
    }
}

/** Adds to `plane` the padded `source`, filtered with `size` × `size` weights. */
function addFiltered(
  plane: Float32Array,
  source: Float32Array,
  taps: readonly number[],
  { height, width, size }: PlaneSize & { size: number },
): void {
  const stride = width + 2 * (size >> 1);
  for (const [tap, factor] of taps.entries()) {
    const from = Math.floor(tap / size) * stride + (tap % size);
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        plane[row * width + column] =
          (plane[row * width + column] as number) + factor * (source[from + row * stride + column] as number);
  }
}

function pad(
  { channels, height, width, values }: Activation,
  border: number,
  allocate: Allocate,
): Activation {
  const padded = { channels, height: height + 2 * border, width: width + 2 * border };
  const result = allocate(channels * padded.height * padded.width);
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
  ({ weight, bias }: { weight: Weight; bias: Tensor }): Operation =>
  ({ values }, allocate) => {
    const { outputs, strides } = weight;
    const result = allocate(outputs);
    const add = (unit: number, index: number): void => {
      result[unit] =
        (result[unit] as number) +
        (values[index] as number) * (weight.values[unit * strides.output + index * strides.input] as number);
    };
    // In the order in which the weights are in memory.
    if (weight.isChannelsLast)
      for (let index = 0; index < values.length; index++)
        for (let unit = 0; unit < outputs; unit++) add(unit, index);
    else
      for (let unit = 0; unit < outputs; unit++)
        for (let index = 0; index < values.length; index++) add(unit, index);
    for (let unit = 0; unit < outputs; unit++)
      result[unit] = (result[unit] as number) * weight.scaleOf(unit) + biasOf(bias, unit);
    return { channels: outputs, height: 1, width: 1, values: result };
  };

/** Reorders values from channels, rows, columns to rows, columns, channels, as dense layers of TensorFlow expect them. */
const channelsLast: Operation = ({ channels, height, width, values }, allocate) => {
  const result = allocate(values.length);
  const pixels = height * width;
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < pixels; pixel++)
      result[pixel * channels + channel] = values[channel * pixels + pixel] as number;
  return { channels: values.length, height: 1, width: 1, values: result };
};

const relu: Operation = ({ values, ...shape }, allocate) => {
  const result = allocate(values.length);
  for (let index = 0; index < values.length; index++) result[index] = Math.max(0, values[index] as number);
  return { ...shape, values: result };
};

const maxPool: Operation = ({ channels, height, width, values }, allocate) => {
  const [rows, columns] = [height >> 1, width >> 1];
  const result = allocate(channels * rows * columns);
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
