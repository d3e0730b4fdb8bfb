import tf from './tfjs.cjs';

/**
 * An attribute of a TensorFlow operation. A list of strings is written as one text with commas (native/attribute-lists.h).
 * tfjs has no data type for bytes: it treats tensors of uint8 as int32.
 */
export type Attribute =
  | { dtype: tf.DataType | 'uint8' }
  | { ints: number[] }
  | { int: number }
  | { bool: boolean }
  | { text: string };

/** The part of tfjs-node's backend that executes any TensorFlow operation by its name. */
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
 * Executes a TensorFlow operation that tfjs has no function for.
 * @param outputs Number of tensors that the operation returns.
 * @throws Error with TensorFlow's message when this build lacks the operation or the inputs are invalid.
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
