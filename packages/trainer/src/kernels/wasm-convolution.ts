import { filterSize } from './kernels.ts';
import {
  add,
  type Code,
  call,
  clear,
  copy,
  encodeModule,
  FunctionCode,
  i32,
  load,
  loadSplat,
  maximum,
  multiply,
  multiplyAdd,
  relaxedMultiplyAdd,
  splat,
  store,
} from './wasm-code.ts';

/** Size of a convolution of NHWC images with 3×3 filters, stride 1 and "same" padding. */
export interface ConvolutionSize {
  height: number;
  width: number;
  inputs: number;
  /** Number of filters: a multiple of 8. */
  outputs: number;
}

const floatBytes = 4;
/** Outputs that a block computes at a time: two vectors of four floats. */
export const lanes = 8;
const border = (filterSize - 1) / 2;

/** Whether this version of Node.js has the instructions of relaxed SIMD, such as a multiplication and an addition in one. */
export const hasRelaxedSimd = WebAssembly.validate(
  encodeModule([
    new FunctionCode('probe', { at: 'i32' }).body(
      store([0x20, 0], relaxedMultiplyAdd(load([0x20, 0]), load([0x20, 0]), load([0x20, 0]))),
    ),
  ]),
);

/**
 * The most rows of a block. With two sums of four floats for each, as many stay in the 16 registers of a processor besides the other
 * factors; multiplications that are not fused with their additions need one more register.
 */
const maxRows = hasRelaxedSimd ? 6 : 4;
const fusedMultiplyAdd = hasRelaxedSimd ? relaxedMultiplyAdd : multiplyAdd;

/** Returns the bytes of an image with its border. */
export const paddedBytes = ({ height, width, inputs }: ConvolutionSize): number =>
  (height + 2 * border) * (width + 2 * border) * inputs * floatBytes;

/** Returns the largest divisor of a number up to a limit. */
function divisor(number: number, limit: number): number {
  let largest = limit;
  while (number % largest !== 0) largest--;
  return largest;
}

interface BlockSize {
  name: string;
  rows: number;
  /** Bytes between the left factors of two rows, and of two consecutive terms of the sums. */
  left: { row: number; term: number };
  /** Bytes between the right factors of two consecutive terms. */
  right: number;
  /** Bytes between the sums of two rows. */
  sum: number;
  /** The terms of each sum: `lines` times `terms`. */
  lines: number;
  terms: number;
  /** Bytes after a line of left factors. */
  gap: number;
  /** The initial sums: the values at the address `bias` for every row, or those at the address `sums`. */
  begins: 'with bias' | 'with sums';
}

/**
 * Encodes a function that computes 8 sums for each of some rows: of a left factor of the row, times 8 right factors. Each is loaded once
 * and the sums stay in registers. The result is at least `floor` in each lane.
 */
function blockFunction({ name, rows, left, right, sum, lines, terms, gap, begins }: BlockSize): FunctionCode {
  const isWithBias = begins === 'with bias';
  const f = new FunctionCode(name, {
    ...{ left: 'i32', right: 'i32', sums: 'i32' },
    ...(isWithBias && { bias: 'i32', floor: 'f32' }),
  });
  const each = (of: (row: number, half: number) => Code): Code =>
    Array.from({ length: 2 * rows }, (_, at) => of(at >> 1, at & 1)).flat();
  const sumName = (row: number, half: number): string => `sum${row}.${half}`;
  const sumOffset = (row: number, half: number): number => row * sum + half * 4 * floatBytes;
  const begin = each((row, half) =>
    f.set(
      sumName(row, half),
      isWithBias ? load(f.get('bias'), half * 4 * floatBytes) : load(f.get('sums'), sumOffset(row, half)),
      'v128',
    ),
  );
  const term: Code = [
    ...f.set('right0', load(f.get('right')), 'v128'),
    ...f.set('right1', load(f.get('right'), 4 * floatBytes), 'v128'),
    ...Array.from({ length: rows }, (_, row) => [
      ...f.set('factor', loadSplat(f.get('left'), row * left.row), 'v128'),
      ...[0, 1].flatMap((half) =>
        f.set(
          sumName(row, half),
          fusedMultiplyAdd(f.get('factor'), f.get(`right${half}`), f.get(sumName(row, half))),
        ),
      ),
    ]).flat(),
    ...f.increase('left', i32(left.term)),
    ...f.increase('right', i32(right)),
  ];
  return f.body(
    begin,
    f.repeat(
      'line',
      i32(lines),
      // One term at a time: with more, V8 of Node.js 20 keeps their addresses in registers, at half the speed.
      f.repeat('term', i32(terms), term),
      f.increase('left', i32(gap)),
    ),
    each((row, half) => {
      const result = f.get(sumName(row, half));
      const value = isWithBias ? maximum(result, splat(f.get('floor'))) : result;
      return store(f.get('sums'), value, sumOffset(row, half));
    }),
  );
}

/** Encodes the loop body that copies the next image to `padded`, whose border stays zero. */
const copyIntoBorder = (f: FunctionCode, { height, width, inputs }: ConvolutionSize): Code => {
  const pixel = inputs * floatBytes;
  const paddedRow = (width + 2 * border) * pixel;
  return [
    ...f.set('to', add(f.get('padded'), i32(border * paddedRow + border * pixel))),
    ...f.repeat(
      'row',
      i32(height),
      copy(f.get('to'), f.get('x'), i32(width * pixel)),
      f.increase('to', i32(paddedRow)),
      f.increase('x', i32(width * pixel)),
    ),
  ];
};

/**
 * Encodes the module of a convolution, with a function `convolve`: `filter` is packed as by `packFilter`, `padded` has room for an image
 * with its border, and each output is at least `floor`.
 */
export function convolutionModule(size: ConvolutionSize): Uint8Array<ArrayBuffer> {
  const { height, width, inputs, outputs } = size;
  const pixel = inputs * floatBytes;
  const paddedRow = (width + 2 * border) * pixel;
  const terms = filterSize * inputs;
  // Blocks of a row, as equal as possible.
  const blockCount = Math.ceil(width / maxRows);
  const blocks = Array.from({ length: blockCount }, (_, at) => Math.floor((width + at) / blockCount));
  const kinds = [...new Set(blocks)];
  const functions = kinds.map((rows) =>
    blockFunction({
      name: `block${rows}`,
      rows,
      // The inputs of three neighbouring pixels are consecutive.
      left: { row: pixel, term: floatBytes },
      right: lanes * floatBytes,
      sum: outputs * floatBytes,
      lines: filterSize,
      terms,
      gap: paddedRow - terms * floatBytes,
      begins: 'with bias',
    }),
  );
  const f = new FunctionCode('convolve', {
    ...{ x: 'i32', filter: 'i32', bias: 'i32', y: 'i32', padded: 'i32', images: 'i32', floor: 'f32' },
  });
  const block = (rows: number): Code => [
    ...f.set('packed', f.get('filter')),
    ...f.set('biases', f.get('bias')),
    ...f.set('sums', f.get('y')),
    ...f.repeat(
      'group',
      i32(outputs / lanes),
      call(
        kinds.indexOf(rows),
        f.get('left'),
        f.get('packed'),
        f.get('sums'),
        f.get('biases'),
        f.get('floor'),
      ),
      f.increase('packed', i32(filterSize * terms * lanes * floatBytes)),
      f.increase('biases', i32(lanes * floatBytes)),
      f.increase('sums', i32(lanes * floatBytes)),
    ),
    ...f.increase('left', i32(rows * pixel)),
    ...f.increase('y', i32(rows * outputs * floatBytes)),
  ];
  f.body(
    clear(f.get('padded'), i32(paddedBytes(size))),
    f.repeat(
      'image',
      f.get('images'),
      copyIntoBorder(f, size),
      f.set('left', f.get('padded')),
      f.repeat('row', i32(height), ...blocks.map(block), f.increase('left', i32(2 * border * pixel))),
    ),
  );
  return encodeModule([...functions, f]);
}

/**
 * Encodes the module of the filter gradient of a convolution, with a function `filterGradient` that adds up the products of the inputs
 * and the gradients of the outputs, over all images and pixels.
 */
export function filterGradientModule(size: ConvolutionSize): Uint8Array<ArrayBuffer> {
  const { height, width, inputs, outputs } = size;
  const pixel = inputs * floatBytes;
  const paddedRow = (width + 2 * border) * pixel;
  // The filter values of three neighbouring pixels are consecutive, as the pixels are.
  const values = filterSize * inputs;
  const rows = divisor(values, maxRows);
  const block = blockFunction({
    name: 'block',
    rows,
    left: { row: floatBytes, term: pixel },
    right: outputs * floatBytes,
    sum: outputs * floatBytes,
    lines: height,
    terms: width,
    gap: 2 * border * pixel,
    begins: 'with sums',
  });
  const f = new FunctionCode('filterGradient', {
    ...{ x: 'i32', dy: 'i32', gradient: 'i32', padded: 'i32', images: 'i32' },
  });
  f.body(
    clear(f.get('padded'), i32(paddedBytes(size))),
    clear(f.get('gradient'), i32(filterSize * values * outputs * floatBytes)),
    f.repeat(
      'image',
      f.get('images'),
      copyIntoBorder(f, size),
      f.set('line', f.get('padded')),
      f.set('sums', f.get('gradient')),
      f.repeat(
        'filterRow',
        i32(filterSize),
        f.set('left', f.get('line')),
        f.repeat(
          'part',
          i32(values / rows),
          f.set('right', f.get('dy')),
          f.repeat(
            'group',
            i32(outputs / lanes),
            call(0, f.get('left'), f.get('right'), f.get('sums')),
            f.increase('right', i32(lanes * floatBytes)),
            f.increase('sums', i32(lanes * floatBytes)),
          ),
          f.increase('left', i32(rows * floatBytes)),
          f.increase('sums', i32((rows - 1) * outputs * floatBytes)),
        ),
        f.increase('line', i32(paddedRow)),
      ),
      f.increase('dy', multiply(i32(height * width), i32(outputs * floatBytes))),
    ),
  );
  return encodeModule([block, f]);
}
