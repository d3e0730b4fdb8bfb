import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tf from '../kernels/tfjs.cjs';
import { graphTag } from './graph-builder.ts';

/** The part of tfjs-node's backend that runs TensorFlow graphs. */
interface NodeBackend {
  loadSavedModelMetaGraph(folder: string, tags: string): number;
  runSavedModel(
    id: number,
    inputs: tf.Tensor[],
    inputInfos: { name: string; tfDtype: string }[],
    outputNames: string[],
  ): tf.Tensor[];
  deleteSavedModel(id: number): void;
}

const typeNames: Partial<Record<tf.DataType, string>> = { float32: 'DT_FLOAT', int32: 'DT_INT32' };

/** A TensorFlow session with one graph. The graph's variables keep their values between runs. */
export class GraphSession {
  readonly #backend = tf.backend() as unknown as NodeBackend;
  readonly #id: number;

  /**
   * @param savedModel Bytes of a file `saved_model.pb`.
   * @throws Error of TensorFlow when this build cannot load the graph.
   */
  constructor(savedModel: Uint8Array) {
    const folder = mkdtempSync(join(tmpdir(), 'mnist-monitor-graph-'));
    try {
      mkdirSync(join(folder, 'variables')); // TensorFlow requires it, even empty.
      writeFileSync(join(folder, 'saved_model.pb'), savedModel);
      this.#id = this.#backend.loadSavedModelMetaGraph(folder, graphTag);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /**
   * Runs the operations that the outputs depend on.
   * @param inputs Tensors by the names of their placeholders.
   * @returns One tensor per output; the caller disposes them.
   */
  run(inputs: Readonly<Record<string, tf.Tensor>>, outputs: readonly string[]): tf.Tensor[] {
    const infos = Object.entries(inputs).map(([name, { dtype }]) => ({
      name: `${name}:0`,
      tfDtype: typeNames[dtype] as string,
    }));
    const names = outputs.map((name) => `${name}:0`);
    return this.#backend.runSavedModel(this.#id, Object.values(inputs), infos, names);
  }

  dispose(): void {
    this.#backend.deleteSavedModel(this.#id);
  }
}
