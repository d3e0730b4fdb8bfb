import { elementCount, type Kernels } from '../kernels/kernels.ts';
import tf from '../kernels/tfjs.cjs';
import { deriveSeed, normal, seededRandom } from '../random.ts';
import {
  architecture,
  isFused,
  type LayerSpec,
  layersWithInputs,
  type ParameterSpec,
  parametersOf,
} from './architecture.ts';
import { buildLayer, type Layer, type LayerOutput } from './layers.ts';

/** Result of `Network.gradients`. */
export type BatchGradients = {
  /** Gradients of the mean loss, one per parameter. */
  gradients: tf.Tensor[];
  /** [mean loss, accuracy] of the batch, with dropout on. */
  score: tf.Tensor1D;
};

/** Result of `Network.inspect`. */
export type InspectionTensors = {
  /** [batch, classes] */
  logits: tf.Tensor2D;
  /** For each relu, the largest output of each unit over the batch, and over all positions of a convolution: [units]. */
  maxima: tf.Tensor1D[];
};

/** Options of `Network`. */
export interface NetworkOptions {
  kernels: Kernels;
  /** Determines the initial weights. */
  seed: number;
  /** Defaults to `architecture`. */
  layers?: readonly LayerSpec[];
}

/** The network on the active tfjs backend: its parameters, and the forward and backward pass. */
export class Network {
  readonly parameters: tf.Variable[] = [];
  /** Names and shapes of the parameters, in the order of `parameters`. */
  readonly parameterSpecs: ParameterSpec[] = [];
  readonly #layers: (Layer & Pick<LayerSpec, 'type'>)[] = [];
  readonly #kernels: Kernels;

  /** Draws the initial weights (normal, He et al., 2015; biases 0); the same seed gives the same weights. */
  constructor({ kernels, seed, layers = architecture }: NetworkOptions) {
    this.#kernels = kernels;
    layersWithInputs(layers).forEach(({ layer, input }, at) => {
      const specs = parametersOf(layer, input, at === layers.length - 1);
      const parameters = specs.map((spec) =>
        tf.tidy(() => tf.variable(tf.tensor(initialValues(spec, seed), spec.shape))),
      );
      this.parameters.push(...parameters);
      this.parameterSpecs.push(...specs);
      const context = { kernels, parameters, isFirst: at === 0, isFused: isFused(layers, at) };
      this.#layers.push({ ...buildLayer(layer, context), type: layer.type });
    });
  }

  /** Returns the logits, [batch, classes], with dropout off. @param images [batch, 28, 28, 1], from 0 to 1. */
  predict(images: tf.Tensor4D): tf.Tensor2D {
    return this.#forward(images, () => {});
  }

  /** Computes logits and the largest outputs of the relus, with dropout off. @param images [batch, 28, 28, 1], from 0 to 1. */
  inspect(images: tf.Tensor4D): InspectionTensors {
    const maxima: tf.Tensor1D[] = [];
    const logits = this.#forward(images, ({ type }, y) => {
      if (type === 'relu') maxima.push(tf.max(y, [...y.shape.keys()].slice(0, -1)));
    });
    return { logits, maxima };
  }

  /** Runs the layers with dropout off. @param onOutput Called with each layer and its output, which is disposed afterwards. */
  #forward(
    images: tf.Tensor4D,
    onOutput: (layer: Pick<LayerSpec, 'type'>, y: tf.Tensor) => void,
  ): tf.Tensor2D {
    let x: tf.Tensor = images;
    for (const layer of this.#layers) {
      const y = layer.forward(x);
      if (x !== images) x.dispose();
      onOutput(layer, y);
      x = y;
    }
    return x as tf.Tensor2D;
  }

  /**
   * Computes the gradients of the mean loss by a forward and a backward pass; changes no parameter. Each tensor is disposed
   * as soon as no earlier layer needs it, so that its memory is reused.
   * @param images [batch, 28, 28, 1], from 0 to 1.
   * @param oneHot [batch, classes]
   * @param seed Seed of the dropout masks; different for each step.
   */
  gradients(images: tf.Tensor4D, oneHot: tf.Tensor2D, seed: number): BatchGradients {
    const outputs: LayerOutput[] = [];
    let x: tf.Tensor = images;
    this.#layers.forEach((layer, at) => {
      const output = layer.forwardTraining(x, deriveSeed(seed, at));
      outputs.push(output);
      x = output.y;
    });
    const { score, gradient } = this.#loss(x as tf.Tensor2D, oneHot);

    let dy: tf.Tensor | undefined = gradient;
    /** Sums of `dy` over all axes but the last, if the backward pass that returned `dy` computed them. */
    let dySums: tf.Tensor1D | undefined;
    const gradients: tf.Tensor[] = [];
    for (const { y, backward } of outputs.reverse()) {
      const {
        input: dx,
        parameters: parameterGradients,
        inputSums: dxSums,
      } = backward(dy as tf.Tensor, dySums);
      gradients.unshift(...parameterGradients);
      tf.dispose([y, dy as tf.Tensor]);
      [dy, dySums] = [dx, dxSums];
    }
    return { gradients, score };
  }

  #loss(logits: tf.Tensor2D, oneHot: tf.Tensor2D): { score: tf.Tensor1D; gradient: tf.Tensor } {
    return tf.tidy(() => {
      const { losses, gradient } = this.#kernels.crossEntropy(logits, oneHot);
      const hits = tf.equal(tf.argMax(logits, 1), tf.argMax(oneHot, 1));
      const score = tf.stack([tf.mean(losses), tf.mean(tf.cast(hits, 'float32'))]) as tf.Tensor1D;
      return { score, gradient: tf.div(gradient, logits.shape[0]) };
    });
  }

  dispose(): void {
    tf.dispose(this.parameters);
  }
}

/**
 * Draws the initial values of a weight; a bias starts at 0. The variance is 2 / fan-in (He et al., 2015), which preserves the
 * scale of the values through layers with relu, or 1 / fan-in in the last layer, because no relu follows it.
 */
export function initialValues({ name, shape, fanIn, isOutput }: ParameterSpec, seed: number): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (name.endsWith('.bias')) return values;
  const random = seededRandom(deriveSeed(seed, ...Buffer.from(name)));
  const deviation = Math.sqrt((isOutput ? 1 : 2) / fanIn);
  return values.map(() => normal(random) * deviation);
}
