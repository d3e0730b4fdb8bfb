import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startTensorflow } from '../../src/engines/tensorflow.ts';
import { GraphBuilder, outputOf } from '../../src/step-graph/graph-builder.ts';
import { GraphSession } from '../../src/step-graph/graph-session.ts';
import { hasTensorflow } from '../support/engines.ts';

const float = { T: { type: 'float32' } } as const;

(hasTensorflow ? describe : describe.skip)('a session with a graph', () => {
  beforeAll(startTensorflow);

  /** Runs a graph once. */
  const run = (graph: GraphBuilder, inputs: Record<string, tf.Tensor>, output: string): number[] =>
    tf.tidy(() => {
      const session = new GraphSession(graph.savedModel());
      const [result] = session.run(inputs, [output]);
      session.dispose();
      return [...result!.dataSync()];
    });

  test('computes an output from inputs and constants', () => {
    const graph = new GraphBuilder();
    const x = graph.placeholder('x', 'float32', [-1]);
    graph.add('AddV2', [x, graph.constant([10, 20])], float, { name: 'sum' });
    expect(run(graph, { x: tf.tensor1d([1, 2]) }, 'sum')).toEqual([11, 22]);
  });

  test('keeps variables between runs, and runs the `after` nodes of an output', () => {
    const graph = new GraphBuilder();
    const dtype = { type: 'float32' } as const;
    const attributes = { dtype, shape: { shape: [2] }, shared_name: { text: 'v' }, container: { text: '' } };
    const variable = graph.add('VarHandleOp', [], attributes, { type: 'resource' });
    const x = graph.placeholder('x', 'float32', [2]);
    const assigned = graph.add('AssignVariableOp', [variable, x], { dtype });
    graph.add('Identity', [x], float, { name: 'assigned', after: [assigned] });
    graph.add('ReadVariableOp', [variable], { dtype }, { name: 'value' });
    const session = new GraphSession(graph.savedModel());
    tf.tidy(() => {
      session.run({ x: tf.tensor1d([3, 4]) }, ['assigned']);
      expect([...session.run({}, ['value'])[0]!.dataSync()]).toEqual([3, 4]);
    });
    session.dispose();
  });

  test('uses the second output of a node', () => {
    const graph = new GraphBuilder();
    const x = graph.placeholder('x', 'float32', [-1, 2]);
    const labels = graph.placeholder('labels', 'float32', [-1, 2]);
    const losses = graph.add('SoftmaxCrossEntropyWithLogits', [x, labels], float);
    graph.add('Identity', [outputOf(losses, 1)], float, { name: 'gradient' });
    const inputs = { x: tf.tensor2d([[0, 0]]), labels: tf.tensor2d([[1, 0]]) };
    expect(run(graph, inputs, 'gradient')).toEqual([-0.5, 0.5]);
  });

  test('refuses an operation that TensorFlow does not have, and leaves no file', () => {
    const graph = new GraphBuilder();
    graph.add('NoSuchOperation', []);
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('mnist-monitor-graph-'));
    const before = folders();
    expect(() => new GraphSession(graph.savedModel())).toThrow('NoSuchOperation');
    expect(folders().filter((name) => !before.includes(name) && existsSync(`${tmpdir()}/${name}`))).toEqual(
      [],
    );
  });

  test('refuses a node name that is already used', () => {
    const graph = new GraphBuilder();
    graph.placeholder('x', 'float32', []);
    expect(() => graph.placeholder('x', 'float32', [])).toThrow(
      new RangeError('expected a node name that is not used yet, got x'),
    );
  });
});
