import * as tf from '@tensorflow/tfjs-core';

/** Which rule moves the parameters. */
export const optimizerNames = ['sgd', 'adam', 'adamw'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** At a learning rate of 0.01 and batches of 512, 0.9 has not learned all it can after ten epochs. */
const momentum = 0.97;
const [beta1, beta2] = [0.9, 0.999];
const epsilon = 1e-8;
const weightDecay = 0.01;

/** Each rule with what it is set to, as `run.started` tells it. */
export const optimizerTitles: Record<OptimizerName, string> = {
  sgd: `SGD with Nesterov momentum ${momentum}`,
  adam: `Adam (beta ${beta1} and ${beta2})`,
  adamw: `AdamW (beta ${beta1} and ${beta2}, weight decay ${weightDecay})`,
};

/** Moves parameters along their gradients, step by step. */
export interface Optimizer {
  /** What it remembers between steps: under each name a tensor for each parameter. */
  readonly slots: Readonly<Record<string, readonly tf.Variable[]>>;
  /**
   * Moves each parameter, and disposes the gradients.
   * @param step From 1: Adam corrects its averages by it.
   */
  apply(gradients: tf.Tensor[], step: number, learningRate: number): void;
  dispose(): void;
}

export function createOptimizer(name: OptimizerName, parameters: readonly tf.Variable[]): Optimizer {
  return name === 'sgd' ? sgd(parameters) : adam(parameters, name === 'adamw' ? weightDecay : 0);
}

/**
 * Stochastic gradient descent with momentum: v ← momentum · v + g, p ← p − rate · (g + momentum · v)
 * (Nesterov, 1983, in the form of PyTorch).
 */
function sgd(parameters: readonly tf.Variable[]): Optimizer {
  const velocity = zerosLike(parameters);
  return eachParameter(parameters, { velocity }, (at, gradient, _step, rate) => {
    velocity[at].assign(tf.add(tf.mul(velocity[at], momentum), gradient));
    return tf.mul(tf.add(gradient, tf.mul(velocity[at], momentum)), rate);
  });
}

/** Adam (Kingma and Ba, 2015), with decoupled weight decay where that is above 0 (Loshchilov and Hutter, 2019). */
function adam(parameters: readonly tf.Variable[], decay: number): Optimizer {
  const mean = zerosLike(parameters);
  const square = zerosLike(parameters);
  return eachParameter(parameters, { mean, square }, (at, gradient, step, rate) => {
    mean[at].assign(blend(mean[at], gradient, beta1));
    square[at].assign(blend(square[at], tf.square(gradient), beta2));
    const root = tf.sqrt(tf.div(square[at], 1 - beta2 ** step));
    const change = tf.div(tf.mul(mean[at], rate / (1 - beta1 ** step)), tf.add(root, epsilon));
    return decay === 0 ? change : tf.add(change, tf.mul(parameters[at], rate * decay));
  });
}

/** What is subtracted from parameter `at`. */
type Change = (at: number, gradient: tf.Tensor, step: number, rate: number) => tf.Tensor;

function eachParameter(
  parameters: readonly tf.Variable[],
  slots: Record<string, tf.Variable[]>,
  change: Change,
): Optimizer {
  return {
    slots,
    apply(gradients, step, rate) {
      tf.tidy(() => {
        parameters.forEach((parameter, at) => {
          parameter.assign(tf.sub(parameter, change(at, gradients[at], step, rate)));
        });
      });
      tf.dispose(gradients);
    },
    dispose: () => tf.dispose(slots),
  };
}

const blend = (average: tf.Tensor, newest: tf.Tensor, kept: number): tf.Tensor =>
  tf.add(tf.mul(average, kept), tf.mul(newest, 1 - kept));

const zerosLike = (parameters: readonly tf.Variable[]): tf.Variable[] =>
  parameters.map((parameter) => tf.tidy(() => tf.variable(tf.zerosLike(parameter), false)));
