import * as tf from '@tensorflow/tfjs-core';

export interface Optimizer {
  readonly name: string;
  learningRate: number;
  /** Moves each parameter along its gradient, and disposes the gradients. */
  apply(gradients: tf.Tensor[]): void;
  dispose(): void;
}

/**
 * Stochastic gradient descent with momentum: v ← factor · v + g, p ← p − learningRate · (g + factor · v)
 * (Nesterov, 1983, in the form of PyTorch).
 */
export function momentum(parameters: tf.Variable[], learningRate: number, factor = 0.9): Optimizer {
  const velocities = parameters.map((parameter) =>
    tf.tidy(() => tf.variable(tf.zerosLike(parameter), false)),
  );
  return {
    name: `SGD with Nesterov momentum ${factor}`,
    learningRate,
    apply(gradients) {
      tf.tidy(() => {
        parameters.forEach((parameter, at) => {
          const velocity = velocities[at];
          velocity.assign(tf.add(tf.mul(velocity, factor), gradients[at]));
          const direction = tf.add(gradients[at], tf.mul(velocity, factor));
          parameter.assign(tf.sub(parameter, tf.mul(direction, this.learningRate)));
        });
      });
      tf.dispose(gradients);
    },
    dispose: () => tf.dispose(velocities),
  };
}
