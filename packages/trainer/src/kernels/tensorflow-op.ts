import * as tf from '@tensorflow/tfjs-core';

/**
 * An attribute of a TensorFlow operation: a data type, whole numbers, a yes or no, or a text. Where an operation takes a
 * list of texts, they lie between commas (native/attribute-lists.h). tfjs has no tensors of bytes, and calls them int32.
 */
export type Attribute =
  | { dtype: tf.DataType | 'uint8' }
  | { ints: number[] }
  | { int: number }
  | { bool: boolean }
  | { text: string };

/** The part of tfjs-node's backend that runs any TensorFlow operation by its name. */
interface NodeBackend {
  binding: Record<'TF_ATTR_TYPE' | 'TF_ATTR_INT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING' | 'TF_UINT8', number>;
  getDTypeInteger(dtype: tf.DataType): number;
  executeMultipleOutputs(
    name: string,
    attributes: object[],
    inputs: tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

/**
 * Runs a TensorFlow operation that tfjs has no function for.
 * @param outputs How many tensors it gives.
 * @throws Error in TensorFlow's words when this build has no such operation or the inputs do not fit.
 */
export function runOp(
  name: string,
  attributes: Record<string, Attribute>,
  inputs: tf.Tensor[],
  outputs = 1,
): tf.Tensor[] {
  const backend = tf.backend() as unknown as NodeBackend;
  const encoded = Object.entries(attributes).map(([key, value]) => ({
    name: key,
    ...encodeAttribute(backend, value),
  }));
  return backend.executeMultipleOutputs(name, encoded, inputs, outputs);
}

function encodeAttribute(backend: NodeBackend, attribute: Attribute): { type: number; value: unknown } {
  const { binding } = backend;
  if ('dtype' in attribute)
    return {
      type: binding.TF_ATTR_TYPE,
      value: attribute.dtype === 'uint8' ? binding.TF_UINT8 : backend.getDTypeInteger(attribute.dtype),
    };
  if ('ints' in attribute) return { type: binding.TF_ATTR_INT, value: attribute.ints };
  if ('int' in attribute) return { type: binding.TF_ATTR_INT, value: attribute.int };
  if ('bool' in attribute) return { type: binding.TF_ATTR_BOOL, value: attribute.bool };
  return { type: binding.TF_ATTR_STRING, value: attribute.text };
}
