import type { OptimizerName } from '@mnist-monitor/shared';
import { beta1, beta2, epsilon, momentum, weightDecay } from '../learner/optimizer.ts';
import type { GraphBuilder, GraphValue } from './graph-builder.ts';

/** A parameter in a graph. */
export interface GraphParameter {
  name: string;
  shape: readonly number[];
  /** The variable itself, for operations that change it. */
  handle: GraphValue;
  /** The value of the parameter before the step, float32. */
  value: GraphValue;
}

/** An optimizer in a graph: TensorFlow's own operation for an update rule of `../learner/optimizer.ts`. */
export interface GraphOptimizer {
  /** Names of the state tensors that the optimizer has for each parameter. */
  slots: readonly string[];
  /**
   * Adds the update of a parameter.
   * @param options.slots Variables of the parameter, in the order of `slots`.
   * @param options.scalar Returns the graph's input for a name from `scalars`.
   * @returns The node that updates the parameter.
   */
  update(
    graph: GraphBuilder,
    parameter: GraphParameter,
    options: { gradient: GraphValue; slots: readonly GraphValue[]; scalar: (name: string) => GraphValue },
  ): GraphValue;
  /** Returns the values of the scalar inputs of a step, by name. @param step From 1. */
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

/**
 * Creates Adam, with decoupled weight decay unless `decay` is 0. The bias corrections are included in the rate and in epsilon,
 * computed in float64: the operation itself would compute the powers of beta in float32, which is not accurate enough.
 */
const adam = (decay: number): GraphOptimizer => ({
  slots: ['mean', 'square'],
  update(graph, { handle, value }, { gradient, slots, scalar }) {
    const addDecay = (): GraphValue => {
      const amount = graph.add('Mul', [value, scalar('decay')], float);
      return graph.add('AssignSubVariableOp', [handle, amount], { dtype: { type: 'float32' } });
    };
    const zero = graph.constant(0); // As both powers of beta, this disables the operation's own bias corrections.
    const constants = [graph.constant(beta1), graph.constant(beta2)];
    return graph.add(
      'ResourceApplyAdam',
      [handle, ...slots, zero, zero, scalar('rate'), ...constants, scalar('epsilon'), gradient],
      float,
      { after: decay === 0 ? [] : [addDecay()] },
    );
  },
  scalars(step, learningRate) {
    const correction = Math.sqrt(1 - beta2 ** step);
    const rate = (learningRate * correction) / (1 - beta1 ** step);
    return { rate, epsilon: epsilon * correction, ...(decay > 0 && { decay: learningRate * decay }) };
  },
});

/** The graph optimizers, by the name of the run's optimizer. */
export const graphOptimizers: Record<OptimizerName, GraphOptimizer> = {
  sgd,
  adam: adam(0),
  adamw: adam(weightDecay),
};
