/** The bytes of WebAssembly instructions, which take their operands from the instructions before them. */
export type Code = readonly number[];

/** Types of values. */
export const valueTypes = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

/** Encodes an unsigned number as LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Encodes a signed number as LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const byte = rest & 0x7f;
    if ((rest >> 7 === 0 && !(byte & 0x40)) || (rest >> 7 === -1 && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
/** An access to memory at the address before it plus an offset; addresses are multiples of 4 bytes. */
const access = (opcode: number, address: Code, offset: number): Code => [
  ...address,
  ...simd(opcode),
  2,
  ...unsigned(offset),
];

/** Returns the instruction that pushes a number. */
export const i32 = (value: number): Code => [0x41, ...signed(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const subtract = (a: Code, b: Code): Code => [...a, ...b, 0x6b];
export const multiply = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
/** Copies bytes within memory. */
export const copy = (to: Code, from: Code, bytes: Code): Code => [...to, ...from, ...bytes, 0xfc, 10, 0, 0];
/** Fills memory with zeros. */
export const clear = (at: Code, bytes: Code): Code => [...at, ...i32(0), ...bytes, 0xfc, 11, 0];

/** Loads four floats. */
export const load = (address: Code, offset = 0): Code => access(0x00, address, offset);
/** Loads one float into all four lanes. */
export const loadSplat = (address: Code, offset = 0): Code => access(0x09, address, offset);
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...simd(0x0b),
  2,
  ...unsigned(offset),
];
/** Returns four lanes of a float. */
export const splat = (value: Code): Code => [...value, ...simd(0x13)];
export const maximum = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe9)];
/** Compares floats; a lane of the result has all bits set where they are equal. */
export const equal = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x41)];
export const and = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x4e)];
export const andNot = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x4f)];
export const or = (a: Code, b: Code): Code => [...a, ...b, ...simd(0x50)];
/** Returns a × b + c, rounded twice. */
export const multiplyAdd = (a: Code, b: Code, c: Code): Code => [
  ...c,
  ...a,
  ...b,
  ...simd(0xe6),
  ...simd(0xe4),
];
/** Returns a × b + c of relaxed SIMD, rounded once on processors with that instruction. */
export const relaxedMultiplyAdd = (a: Code, b: Code, c: Code): Code => [...a, ...b, ...c, ...simd(0x105)];

/** A function in the making: numbers its parameters and variables by their names. */
export class FunctionCode {
  readonly name: string;
  readonly #types: ValueType[];
  readonly #names: string[];
  readonly #parameterCount: number;
  #body: Code = [];

  /** @param parameters The types of the parameters by their names. */
  constructor(name: string, parameters: Record<string, ValueType>) {
    this.name = name;
    this.#names = Object.keys(parameters);
    this.#types = Object.values(parameters);
    this.#parameterCount = this.#names.length;
  }

  get(name: string): Code {
    return [0x20, ...unsigned(this.#indexOf(name))];
  }

  /** Sets a parameter or variable. A variable is declared by its first `set`. */
  set(name: string, value: Code, type: ValueType = 'i32'): Code {
    if (!this.#names.includes(name)) {
      this.#names.push(name);
      this.#types.push(type);
    }
    return [...value, 0x21, ...unsigned(this.#indexOf(name))];
  }

  increase(name: string, by: Code): Code {
    return this.set(name, add(this.get(name), by));
  }

  /** Runs the body `count` times, at least once. The variable counts down to 0. */
  repeat(variable: string, count: Code, ...body: Code[]): Code {
    const start = this.set(variable, count);
    const next = this.set(variable, subtract(this.get(variable), i32(1)));
    return [...start, 0x03, 0x40, ...body.flat(), ...next, ...this.get(variable), 0x0d, 0, 0x0b];
  }

  body(...code: Code[]): this {
    this.#body = code.flat();
    return this;
  }

  /** Returns the type of the function, which returns nothing. */
  get type(): Code {
    const types = this.#types.slice(0, this.#parameterCount).map((type) => valueTypes[type]);
    return [0x60, ...unsigned(types.length), ...types, 0];
  }

  get code(): Code {
    const variables = this.#types.slice(this.#parameterCount).flatMap((type) => [1, valueTypes[type]]);
    const bytes = [...unsigned(variables.length / 2), ...variables, ...this.#body, 0x0b];
    return [...unsigned(bytes.length), ...bytes];
  }

  #indexOf(name: string): number {
    const index = this.#names.indexOf(name);
    if (index < 0) throw new Error(`expected a variable of ${this.name}, got ${name}`);
    return index;
  }
}

/** Returns a call of the function with this index in its module. */
export const call = (index: number, ...operands: Code[]): Code => [
  ...operands.flat(),
  0x10,
  ...unsigned(index),
];

/** Encodes a module that imports its memory as `tfjs.memory` and exports all its functions by their names. */
export function encodeModule(functions: readonly FunctionCode[]): Uint8Array<ArrayBuffer> {
  const text = (value: string): number[] => [...unsigned(value.length), ...Buffer.from(value)];
  const list = (entries: readonly Code[]): number[] => [...unsigned(entries.length), ...entries.flat()];
  const section = (id: number, entries: readonly Code[]): number[] => {
    const bytes = list(entries);
    return [id, ...unsigned(bytes.length), ...bytes];
  };
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from([
    ...header,
    ...section(
      1,
      functions.map(({ type }) => type),
    ),
    ...section(2, [[...text('tfjs'), ...text('memory'), 0x02, 0x00, 1]]),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(
      7,
      functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]),
    ),
    ...section(
      10,
      functions.map(({ code }) => code),
    ),
  ]);
}
