import type { OptimizerName } from '@mnist-monitor/shared';
import tf from '../kernels/tfjs.cjs';

/**
 * Momentum of SGD. The usual 0.9 is too small for the loss to converge in ten epochs with batches of 512 and a rate of 0.01.
 */
export const momentum = 0.97;
/** Decay rates of Adam's moving averages: of the gradient, and of its square. */
export const [beta1, beta2] = [0.9, 0.999];
/** Added to the divisor in Adam, so that the divisor is not 0. */
export const epsilon = 1e-8;
/** AdamW subtracts this fraction of each parameter, multiplied by the learning rate, in each step. */
export const weightDecay = 0.01;

/** Titles of the optimizers with their hyperparameters, as `run.started` reports them. */
export const optimizerTitles: Record<OptimizerName, string> = {
  sgd: `SGD with Nesterov momentum ${momentum}`,
  adam: `Adam (beta ${beta1} and ${beta2})`,
  adamw: `AdamW (beta ${beta1} and ${beta2}, weight decay ${weightDecay})`,
};

/** Updates the parameters of a network from their gradients. */
export interface Optimizer {
  /** State between steps: for each name, one tensor per parameter. Examples are the velocity of SGD and the mean of Adam. */
  readonly slots: Readonly<Record<string, readonly tf.Variable[]>>;
  /**
   * Updates each parameter, and disposes the gradients.
   * @param gradients One per parameter, in the same order.
   * @param step From 1; Adam uses it to correct the bias of its averages.
   */
  apply(gradients: tf.Tensor[], step: number, learningRate: number): void;
  dispose(): void;
}

/** Creates the optimizer for a network's parameters, with its state at zero. */
export function createOptimizer(name: OptimizerName, parameters: readonly tf.Variable[]): Optimizer {
  return name === 'sgd' ? sgd(parameters) : adam(parameters, name === 'adamw' ? weightDecay : 0);
}

/**
 * Stochastic gradient descent with momentum: v ← momentum · v + g, p ← p − rate · (g + momentum · v)
 * (Nesterov, 1983, in the form of PyTorch).
 */
function sgd(parameters: readonly tf.Variable[]): Optimizer {
  const velocity = zerosLike(parameters);
  return perParameter(parameters, { velocity }, (at, gradient, _step, rate) => {
    velocity[at].assign(tf.add(tf.mul(velocity[at], momentum), gradient));
    return tf.mul(tf.add(gradient, tf.mul(velocity[at], momentum)), rate);
  });
}

/** Adam (Kingma and Ba, 2015), with decoupled weight decay where that is above 0 (Loshchilov and Hutter, 2019). */
function adam(parameters: readonly tf.Variable[], decay: number): Optimizer {
  const mean = zerosLike(parameters);
  const square = zerosLike(parameters);
  return perParameter(parameters, { mean, square }, (at, gradient, step, rate) => {
    mean[at].assign(movingAverage(mean[at], gradient, beta1));
    square[at].assign(movingAverage(square[at], tf.square(gradient), beta2));
    const root = tf.sqrt(tf.div(square[at], 1 - beta2 ** step));
    const update = tf.div(tf.mul(mean[at], rate / (1 - beta1 ** step)), tf.add(root, epsilon));
    return decay === 0 ? update : tf.add(update, tf.mul(parameters[at], rate * decay));
  });
}

/** Computes the tensor that is subtracted from the parameter with index `at`. */
type ComputeUpdate = (at: number, gradient: tf.Tensor, step: number, rate: number) => tf.Tensor;

function perParameter(
  parameters: readonly tf.Variable[],
  slots: Record<string, tf.Variable[]>,
  computeUpdate: ComputeUpdate,
): Optimizer {
  return {
    slots,
    apply(gradients, step, rate) {
      tf.tidy(() => {
        parameters.forEach((parameter, at) => {
          parameter.assign(tf.sub(parameter, computeUpdate(at, gradients[at], step, rate)));
        });
      });
      tf.dispose(gradients);
    },
    dispose: () => tf.dispose(slots),
  };
}

const movingAverage = (average: tf.Tensor, newest: tf.Tensor, decay: number): tf.Tensor =>
  tf.add(tf.mul(average, decay), tf.mul(newest, 1 - decay));

const zerosLike = (parameters: readonly tf.Variable[]): tf.Variable[] =>
  parameters.map((parameter) => tf.tidy(() => tf.variable(tf.zerosLike(parameter), false)));
