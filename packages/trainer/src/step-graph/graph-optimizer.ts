import type { OptimizerName } from '@mnist-monitor/shared';
import { beta1, beta2, epsilon, momentum, weightDecay } from '../learner/optimizer.ts';
import type { GraphBuilder, GraphValue } from './graph-builder.ts';

/** A parameter in a graph. */
export interface GraphParameter {
  name: string;
  shape: readonly number[];
  /** The variable itself, for operations that change it. */
  handle: GraphValue;
  /** Its value before the step, float32. */
  value: GraphValue;
}

/** An optimizer in a graph: a rule of `../learner/optimizer.ts` as TensorFlow's own operation. */
export interface GraphOptimizer {
  /** Names of the tensors that it keeps per parameter. */
  slots: readonly string[];
  /**
   * Adds the update of a parameter.
   * @param slots Variables, in the order of their names.
   * @param scalar Returns the input for a name in `scalars`.
   * @returns The node that updates the parameter.
   */
  update(
    graph: GraphBuilder,
    parameter: GraphParameter,
    options: { gradient: GraphValue; slots: readonly GraphValue[]; scalar: (name: string) => GraphValue },
  ): GraphValue;
  /** Returns the inputs of a step, by name. @param step From 1. */
  scalars(step: number, learningRate: number): Record<string, number>;
}

const float = { T: { type: 'float32' } } as const;

const sgd: GraphOptimizer = {
  slots: ['velocity'],
  update: (graph, { handle }, { gradient, slots: [velocity], scalar }) =>
    graph.add(
      'ResourceApplyMomentum',
      [handle, velocity as GraphValue, scalar('rate'), gradient, graph.constant(momentum)],
      { ...float, use_nesterov: { bool: true } },
    ),
  scalars: (_step, learningRate) => ({ rate: learningRate }),
};

/** Rate and epsilon contain the corrections by powers of beta, which the operation would compute in float32: too coarse. */
const adam = (decay: number): GraphOptimizer => ({
  slots: ['mean', 'square'],
  update(graph, { handle, value }, { gradient, slots, scalar }) {
    const decayed = (): GraphValue => {
      const share = graph.add('Mul', [value, scalar('decay')], float);
      return graph.add('AssignSubVariableOp', [handle, share], { dtype: { type: 'float32' } });
    };
    const zero = graph.constant(0);
    const constants = [graph.constant(beta1), graph.constant(beta2)];
    return graph.add(
      'ResourceApplyAdam',
      [handle, ...slots, zero, zero, scalar('rate'), ...constants, scalar('epsilon'), gradient],
      float,
      { after: decay === 0 ? [] : [decayed()] },
    );
  },
  scalars(step, learningRate) {
    const correction = Math.sqrt(1 - beta2 ** step);
    const rate = (learningRate * correction) / (1 - beta1 ** step);
    return { rate, epsilon: epsilon * correction, ...(decay > 0 && { decay: learningRate * decay }) };
  },
});

export const graphOptimizers: Record<OptimizerName, GraphOptimizer> = {
  sgd,
  adam: adam(0),
  adamw: adam(weightDecay),
};
