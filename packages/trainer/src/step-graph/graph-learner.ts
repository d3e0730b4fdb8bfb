import type { Precision } from '@mnist-monitor/shared';
import type { Batch } from '../dataset/batches.ts';
import { elementCount } from '../kernels/kernels.ts';
import tf from '../kernels/tfjs.cjs';
import type {
  Inspection,
  Learner,
  LearnerState,
  StepOptions,
  StepScore,
  TensorValues,
} from '../learner/learner.ts';
import { imageTensor, type LearnerOptions, labelTensor } from '../learner/local-learner.ts';
import { architecture, parameterSpecs } from '../network/architecture.ts';
import { initialValues } from '../network/network.ts';
import { deriveSeed } from '../random.ts';
import { graphOptimizers } from './graph-optimizer.ts';
import { GraphSession } from './graph-session.ts';
import { buildTrainingGraph, type GraphVariable, graphNames, type TrainingGraph } from './training-graph.ts';

/** Options of `GraphLearner`. */
export interface GraphLearnerOptions extends LearnerOptions {
  /** Type of the values and gradients between the layers. */
  precision: Precision;
  /** Type in which the layers compute these values: see `buildTrainingGraph`. By default `precision`. */
  arithmetic?: Precision;
}

/** Runs each training step as one TensorFlow graph, so that no operation waits for JavaScript. */
export class GraphLearner implements Learner {
  readonly #graph: TrainingGraph;
  readonly #session: GraphSession;
  readonly #scalars: (step: number, learningRate: number) => Record<string, number>;

  /** @throws Error of TensorFlow when this build cannot run the graph. */
  constructor({
    optimizer,
    seed,
    precision,
    arithmetic = precision,
    layers = architecture,
  }: GraphLearnerOptions) {
    this.#graph = buildTrainingGraph({ layers, optimizer, precision, arithmetic });
    this.#session = new GraphSession(this.#graph.savedModel);
    this.#scalars = graphOptimizers[optimizer].scalars;
    const weights = parameterSpecs(layers).map((spec) => initialValues(spec, seed));
    const slots = this.#graph.optimizer.map(({ shape }) => new Float32Array(elementCount(shape)));
    this.#write([...weights, ...slots]);
  }

  async step(batch: Batch, { step, learningRate, seed, withGradients }: StepOptions): Promise<StepScore> {
    const outputs = [graphNames.step, ...(withGradients ? this.#graph.gradients : [])];
    const [score, ...gradients] = this.#run(outputs, () => ({
      [graphNames.images]: imageTensor(batch),
      [graphNames.oneHot]: labelTensor(batch),
      ...mapValues(this.#scalars(step, learningRate), (value) => tf.scalar(value)),
      ...Object.fromEntries(
        [...this.#graph.seeds].map(([at, name]) => [name, tf.tensor1d([deriveSeed(seed, at), 0], 'int32')]),
      ),
    }));
    const [loss, accuracy] = score as Float32Array;
    return { loss: loss as number, accuracy: accuracy as number, ...(withGradients && { gradients }) };
  }

  async predict(batch: Batch): Promise<Float32Array> {
    const [logits] = this.#run([graphNames.logits], () => ({ [graphNames.images]: imageTensor(batch) }));
    return logits as Float32Array;
  }

  async inspect(batch: Batch): Promise<Inspection> {
    const outputs = [graphNames.logits, ...this.#graph.maxima];
    const [logits, ...maxima] = this.#run(outputs, () => ({ [graphNames.images]: imageTensor(batch) }));
    return { logits: logits as Float32Array, maxima };
  }

  async weights(): Promise<TensorValues[]> {
    return this.#read(this.#graph.weights);
  }

  async state(): Promise<LearnerState> {
    return { weights: await this.weights(), optimizer: this.#read(this.#graph.optimizer) };
  }

  async restore({ weights, optimizer }: LearnerState): Promise<void> {
    this.#write([...weights, ...optimizer].map(({ values }) => values));
  }

  async dispose(): Promise<void> {
    this.#session.dispose();
  }

  #read(variables: readonly GraphVariable[]): TensorValues[] {
    const values = this.#run(
      variables.map(({ read }) => read),
      () => ({}),
    );
    return variables.map(({ name, shape }, at) => ({
      name,
      shape: [...shape],
      values: values[at] as Float32Array,
    }));
  }

  #write(values: readonly Float32Array[]): void {
    const variables = [...this.#graph.weights, ...this.#graph.optimizer];
    if (values.length !== variables.length)
      throw new RangeError(`expected ${variables.length} saved tensors, got ${values.length}`);
    this.#run([graphNames.assignAll], () =>
      Object.fromEntries(
        variables.map(({ write, shape }, at) => [write, tf.tensor(values[at] as Float32Array, shape)]),
      ),
    );
  }

  /** Runs the operations that the outputs depend on, and returns a copy of the values of each output. */
  #run(outputs: readonly string[], inputs: () => Record<string, tf.Tensor>): Float32Array[] {
    const values: Float32Array[] = [];
    // `tidy` searches what it returns for tensors, element by element, so the values are not returned from it.
    tf.tidy(() => {
      for (const tensor of this.#session.run(inputs(), outputs))
        values.push(Float32Array.from(tensor.dataSync<'float32'>()));
    });
    return values;
  }
}

const mapValues = <From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
