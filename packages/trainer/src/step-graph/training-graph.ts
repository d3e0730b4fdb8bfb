import type { OptimizerName, Precision } from '@mnist-monitor/shared';
import {
  imageShape,
  isFused,
  type LayerSpec,
  layersWithInputs,
  parametersOf,
} from '../network/architecture.ts';
import { GraphBuilder, type GraphValue } from './graph-builder.ts';
import { addLayer, addLoss, type GraphLayerOutput } from './graph-layers.ts';
import { type GraphParameter, graphOptimizers } from './graph-optimizer.ts';

/** Options of `buildTrainingGraph`. */
export interface TrainingGraphOptions {
  layers: readonly LayerSpec[];
  optimizer: OptimizerName;
  /** Type of the values and gradients between the layers; those of the last layer are always float32. */
  precision: Precision;
  /** Type in which the layers compute. If this is not `precision`, the results of each layer are rounded to `precision`. */
  arithmetic: Precision;
}

/** A variable in a training graph. */
export interface GraphVariable {
  name: string;
  shape: number[];
  /** Name of the output that reads the variable. */
  read: string;
  /** Name of the input with the value that running `graphNames.assignAll` assigns. */
  write: string;
}

/** A network and its optimizer as one TensorFlow graph, which keeps parameters and slots in variables. */
export interface TrainingGraph {
  /** Content of a file `saved_model.pb`. */
  savedModel: Uint8Array;
  weights: GraphVariable[];
  optimizer: GraphVariable[];
  /** Names of the outputs with the gradients of the mean loss, float32, one per parameter. */
  gradients: string[];
  /** Names of the outputs with the largest output of each unit of each relu over the batch, float32 [units]. */
  maxima: string[];
  /** Names of the inputs for the seeds of dropout masks, int32 [2], by the index of the dropout layer among all layers. */
  seeds: Map<number, string>;
}

/** Names of the inputs and outputs of every training graph. */
export const graphNames = {
  /** float32 [batch, 28, 28, 1] */
  images: 'images',
  /** float32 [batch, classes] */
  oneHot: 'one_hot',
  /** float32 [2]: mean loss and accuracy before the update. Running this output updates the variables. */
  step: 'step',
  /** float32 [batch, classes], with dropout off */
  logits: 'logits',
  /** Running this output assigns all variables from their inputs. */
  assignAll: 'assign_all',
} as const;

/** Builds a graph that makes a whole training step, predicts, and reads and assigns all variables. */
export function buildTrainingGraph({
  layers,
  optimizer,
  precision,
  arithmetic,
}: TrainingGraphOptions): TrainingGraph {
  const graph = new GraphBuilder();
  const variables = new Variables(graph);
  const rule = graphOptimizers[optimizer];
  const scalars = new Map<string, GraphValue>();
  const scalar = (name: string): GraphValue => {
    const input = scalars.get(name) ?? graph.placeholder(name, 'float32', []);
    scalars.set(name, input);
    return input;
  };

  const network = new GraphNetwork(graph, { layers, precision, arithmetic, variables });
  const images = graph.placeholder(graphNames.images, 'float32', [-1, ...imageShape]);
  const oneHot = graph.placeholder(graphNames.oneHot, 'float32', [-1, -1]);
  const { gradients: rounded, score } = network.gradients(images, oneHot);
  const gradients = rounded.map((gradient) => graph.cast(gradient, 'float32'));
  const identity = { T: { type: 'float32' } } as const;
  /** Adds an output for each value. @returns Their names. */
  const addOutputs = (name: string, values: readonly GraphValue[]): string[] =>
    values.map((value, at) => graph.add('Identity', [value], identity, { name: `${name}_${at}` }).name);
  const weights = [...variables.all];
  const slots = rule.slots.map((slot) =>
    network.parameters.map(({ name, shape }) => variables.add(`${slot}.${name}`, shape)),
  );
  const updates = network.parameters.map((parameter, at) =>
    rule.update(graph, parameter, {
      gradient: gradients[at] as GraphValue,
      slots: slots.map((each) => each[at]?.handle as GraphValue),
      scalar,
    }),
  );
  graph.add('Identity', [score], identity, { name: graphNames.step, after: updates });
  const { logits, maxima } = network.inspect(images);
  graph.add('Identity', [logits], identity, { name: graphNames.logits });
  graph.add('Identity', [graph.constant(0)], identity, {
    name: graphNames.assignAll,
    after: variables.writes,
  });
  const outputs = { gradients: addOutputs('gradient', gradients), maxima: addOutputs('maximum', maxima) };
  return {
    savedModel: graph.savedModel(),
    weights,
    optimizer: variables.all.slice(weights.length),
    ...outputs,
    seeds: network.seeds,
  };
}

/** The variables of a graph, each with the nodes that read and write it. */
class Variables {
  readonly all: GraphVariable[] = [];
  readonly writes: GraphValue[] = [];
  readonly #graph: GraphBuilder;

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  add(name: string, shape: readonly number[]): GraphParameter {
    const dtype = { type: 'float32' } as const;
    const attributes = { dtype, shape: { shape }, shared_name: { text: name }, container: { text: '' } };
    const handle = this.#graph.add('VarHandleOp', [], attributes, { name, type: 'resource' });
    const read = `${name}/read`;
    const write = `${name}/write`;
    const value = this.#graph.add('ReadVariableOp', [handle], { dtype }, { name: read, type: 'float32' });
    const newValue = this.#graph.placeholder(write, 'float32', shape);
    this.writes.push(this.#graph.add('AssignVariableOp', [handle, newValue], { dtype }));
    this.all.push({ name, shape: [...shape], read, write });
    return { name, shape, handle, value };
  }
}

interface GraphNetworkOptions extends Omit<TrainingGraphOptions, 'optimizer'> {
  variables: Variables;
}

/** A network in a graph: its parameters, and the forward and backward pass. */
class GraphNetwork {
  readonly parameters: GraphParameter[] = [];
  readonly seeds = new Map<number, string>();
  readonly #graph: GraphBuilder;
  readonly #layers: {
    spec: LayerSpec;
    input: readonly number[];
    parameters: GraphValue[];
    type: Precision;
    arithmetic: Precision;
    isFused: boolean;
  }[];

  constructor(graph: GraphBuilder, { layers, precision, arithmetic, variables }: GraphNetworkOptions) {
    this.#graph = graph;
    this.#layers = layersWithInputs(layers).map(({ layer: spec, input }, at) => {
      const variablesOfLayer = parametersOf(spec, input).map(({ name, shape }) => variables.add(name, shape));
      this.parameters.push(...variablesOfLayer);
      // The last layer computes in float32: it is cheap, and its rounding errors would directly affect the loss.
      const isLast = at === layers.length - 1;
      const type = isLast ? 'float32' : precision;
      const parameters = variablesOfLayer.map(({ value }) => graph.cast(value, type));
      return {
        spec,
        input,
        parameters,
        type,
        arithmetic: isLast ? 'float32' : arithmetic,
        isFused: isFused(layers, at),
      };
    });
  }

  /**
   * Adds the forward pass with dropout off to the graph.
   * @returns The logits, and for each relu the largest output of each unit over the batch.
   */
  inspect(images: GraphValue): { logits: GraphValue; maxima: GraphValue[] } {
    const outputs = this.#forward(images, () => undefined);
    const maxima = this.#layers.flatMap(({ spec, input }, at) => {
      if (spec.type !== 'relu') return [];
      const { y } = outputs[at] as GraphLayerOutput;
      const axes = this.#graph.constant([...input.keys()], 'int32'); // All axes of `y` but the last: `y` has one more than `input`, for the batch.
      const attributes = {
        T: { type: y.type },
        Tidx: { type: 'int32' },
        keep_dims: { bool: false },
      } as const;
      return [this.#graph.cast(this.#graph.add('Max', [y, axes], attributes), 'float32')];
    });
    return { logits: outputs.at(-1)?.y as GraphValue, maxima };
  }

  /**
   * Adds forward and backward pass to the graph.
   * @returns Mean loss and accuracy, [2], and one gradient of the mean loss per parameter.
   */
  gradients(images: GraphValue, oneHot: GraphValue): { score: GraphValue; gradients: GraphValue[] } {
    const outputs = this.#forward(images, (at) => {
      const name = `seed_${at}`;
      this.seeds.set(at, name);
      return this.#graph.placeholder(name, 'int32', [2]);
    });
    const { score, gradient } = this.#score(outputs.at(-1)?.y as GraphValue, oneHot);
    const gradients: GraphValue[] = [];
    let dy: GraphValue | undefined = gradient;
    /** Sums of `dy` over all axes but the last, if the backward pass that returned `dy` computed them. */
    let dySums: GraphValue | undefined;
    for (const { y, backward } of outputs.reverse()) {
      const {
        input: dx,
        parameters: parameterGradients,
        inputSums: dxSums,
      } = backward(this.#graph.cast(dy as GraphValue, y.type), dySums);
      gradients.unshift(...parameterGradients);
      [dy, dySums] = [dx, dxSums];
    }
    return { score, gradients };
  }

  #forward(images: GraphValue, seedOf: (at: number) => GraphValue | undefined): GraphLayerOutput[] {
    let x = images;
    return this.#layers.map(({ type, ...layer }, at) => {
      const seed = layer.spec.type === 'dropout' ? seedOf(at) : undefined;
      const output = addLayer(this.#graph, this.#graph.cast(x, type), { ...layer, isFirst: at === 0, seed });
      x = output.y;
      return output;
    });
  }

  #score(logits: GraphValue, oneHot: GraphValue): { score: GraphValue; gradient: GraphValue } {
    const graph = this.#graph;
    const axis = graph.constant(0, 'int32');
    const mean = (values: GraphValue): GraphValue =>
      graph.add('Mean', [values, axis], {
        T: { type: 'float32' },
        Tidx: { type: 'int32' },
        keep_dims: { bool: false },
      });
    const { losses, gradient } = addLoss(graph, logits, oneHot);
    const bestClass = (values: GraphValue): GraphValue =>
      graph.add(
        'ArgMax',
        [values, graph.constant(1, 'int32')],
        { T: { type: values.type }, Tidx: { type: 'int32' }, output_type: { type: 'int32' } },
        { type: 'int32' },
      );
    const hits = graph.add(
      'Equal',
      [bestClass(logits), bestClass(oneHot)],
      { T: { type: 'int32' } },
      { type: 'bool' },
    );
    const parts = [mean(losses), mean(graph.cast(hits, 'float32'))];
    const score = graph.add('Pack', parts, { N: { int: 2 }, T: { type: 'float32' }, axis: { int: 0 } });
    const int = { type: 'int32' } as const;
    const count = graph.cast(
      graph.add('Size', [losses], { T: { type: 'float32' }, out_type: int }, int),
      'float32',
    );
    return { score, gradient: graph.add('RealDiv', [gradient, count], { T: { type: 'float32' } }) };
  }
}
