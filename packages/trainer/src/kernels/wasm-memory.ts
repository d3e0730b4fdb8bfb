import type { DataId, DataType, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import tf from './tfjs.cjs';

/** The parts of tfjs's WebAssembly backend that give access to the memory of its tensors. */
interface WasmBackend {
  wasm: {
    asm: { memory: WebAssembly.Memory };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  dataIdMap: { get(dataId: DataId): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
}

const backend = (): WasmBackend => tf.backend() as unknown as WasmBackend;

type Functions = Record<string, (...operands: number[]) => void>;

/** The modules in use, by the size that they are made for. */
const instances = new Map<string, Functions>();

/** Returns the functions of a module that works on the tensors of tfjs. It is encoded once for each `key`. */
export function functionsOf(key: string, encode: () => Uint8Array<ArrayBuffer>): Functions {
  let functions = instances.get(key);
  if (!functions) {
    const { memory } = backend().wasm.asm;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encode()), { tfjs: { memory } });
    functions = exports as Functions;
    instances.set(key, functions);
  }
  return functions;
}

/** Returns a new tensor with arbitrary values. */
export const newTensor = <T extends Tensor>(shape: number[]): T =>
  tf.engine().makeTensorFromTensorInfo(backend().makeOutput(shape, 'float32')) as T;

/** Returns the address of a tensor's values. */
export const addressOf = ({ dataId }: Tensor): number => backend().dataIdMap.get(dataId).memoryOffset;

/** Returns floats in the memory, up to the next allocation, which may move the memory. */
export const floatsAt = (address: number, length: number): Float32Array =>
  new Float32Array(backend().wasm.asm.memory.buffer, address, length);

/** Calls `work` with the addresses of blocks of these sizes in bytes, and frees the blocks afterwards. */
export function withBlocks(sizes: readonly number[], work: (...addresses: number[]) => void): void {
  const { wasm } = backend();
  const addresses = sizes.map((bytes) => wasm._malloc(bytes));
  try {
    work(...addresses);
  } finally {
    for (const address of addresses) wasm._free(address);
  }
}
