// Slow reference implementations in plain loops, with which tests compare the kernels of all engines.

/** An array of any rank: its shape, and its values in row-major order. */
export interface Values {
  shape: number[];
  values: Float32Array;
}

/** Returns the position of the element [i, j, k, l] in a row-major array of this shape. */
const at4 = ([, b, c, d]: number[], i: number, j: number, k: number, l: number): number =>
  ((i * b + j) * c + k) * d + l;

/**
 * Visits every product of a convolution with stride 1 and "same" padding.
 * @param inputShape [batch, height, width, in].
 * @param filterShape [height, width, in, out].
 * @param visit Receives three positions: of one factor in the input, of the other in the filter, and of their sum in the output.
 */
function eachProduct(
  inputShape: number[],
  filterShape: number[],
  visit: (fromInput: number, fromFilter: number, toOutput: number) => void,
): void {
  const [batch, height, width, channels] = inputShape;
  const [kernel, , , filters] = filterShape;
  const border = (kernel - 1) / 2;
  const outputShape = [batch, height, width, filters];
  for (let n = 0; n < batch; n++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        for (let i = 0; i < kernel; i++)
          for (let j = 0; j < kernel; j++) {
            const [fromRow, fromColumn] = [row + i - border, column + j - border];
            if (fromRow < 0 || fromRow >= height || fromColumn < 0 || fromColumn >= width) continue;
            for (let c = 0; c < channels; c++)
              for (let f = 0; f < filters; f++)
                visit(
                  at4(inputShape, n, fromRow, fromColumn, c),
                  at4(filterShape, i, j, c, f),
                  at4(outputShape, n, row, column, f),
                );
          }
}

/** Computes a convolution by its definition, in loops. */
export function conv({ shape, values }: Values, filter: Values, bias: Float32Array): Float32Array {
  const filters = filter.shape[3];
  const y = new Float32Array(shape[0] * shape[1] * shape[2] * filters).map((_, at) => bias[at % filters]);
  eachProduct(shape, filter.shape, (fromInput, fromFilter, toOutput) => {
    y[toOutput] += values[fromInput] * filter.values[fromFilter];
  });
  return y;
}

/** Computes the gradients of a convolution for input and filter, by the product rule. */
export function convGradients(x: Values, filter: Values, dy: Float32Array) {
  const input = new Float32Array(x.values.length);
  const filterGradient = new Float32Array(filter.values.length);
  eachProduct(x.shape, filter.shape, (fromInput, fromFilter, toOutput) => {
    input[fromInput] += dy[toOutput] * filter.values[fromFilter];
    filterGradient[fromFilter] += dy[toOutput] * x.values[fromInput];
  });
  return { input, filter: filterGradient };
}

/** Computes a 2×2 max-pool, and for each output the position of the maximum in the input. */
export function maxPool({ shape, values }: Values): { y: Float32Array; from: number[] } {
  const [batch, height, width, channels] = shape;
  const from: number[] = [];
  for (let n = 0; n < batch; n++)
    for (let row = 0; row + 1 < height; row += 2)
      for (let column = 0; column + 1 < width; column += 2)
        for (let c = 0; c < channels; c++) {
          const window = [0, 1, 2, 3].map((k) => at4(shape, n, row + (k >> 1), column + (k & 1), c));
          from.push(window.reduce((best, position) => (values[position] > values[best] ? position : best)));
        }
  return { y: Float32Array.from(from, (position) => values[position]), from };
}

/** Multiplies a matrix of [rows, shared] by one of [shared, columns]. */
export function matMul(a: Values, b: Values): Float32Array {
  const [rows, shared] = a.shape;
  const columns = b.shape[1];
  const product = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let at = 0; at < shared; at++)
        product[row * columns + column] += a.values[row * shared + at] * b.values[at * columns + column];
  return product;
}

/** Returns the Euclidean length of the difference of two vectors, divided by the length of the expected vector. */
export function relativeDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, length] = [0, 0];
  expected.forEach((value, at) => {
    difference += (actual[at]! - value) ** 2;
    length += value ** 2;
  });
  return Math.sqrt(difference / length);
}
