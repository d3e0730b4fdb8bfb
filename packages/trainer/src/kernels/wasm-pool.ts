import { poolSize } from './kernels.ts';
import {
  and,
  andNot,
  clear,
  encodeModule,
  equal,
  FunctionCode,
  i32,
  load,
  multiply,
  or,
  store,
} from './wasm-code.ts';

/** Size of the images before a max-pool. */
export interface PoolInputSize {
  height: number;
  width: number;
  /** A multiple of 4. */
  channels: number;
}

const vectorBytes = 16;

/**
 * Encodes the module of a max-pool's gradient, with a function `poolGradient` that passes each gradient to the first maximum of its
 * window.
 */
export function poolGradientModule({ height, width, channels }: PoolInputSize): Uint8Array<ArrayBuffer> {
  const pixel = channels * 4;
  const row = width * pixel;
  const outputs = { height: Math.floor(height / poolSize), width: Math.floor(width / poolSize) };
  const window = [0, pixel, row, row + pixel];
  const f = new FunctionCode('poolGradient', {
    ...{ x: 'i32', y: 'i32', dy: 'i32', gradient: 'i32', images: 'i32' },
  });
  const inputs = ['x', 'gradient'];
  const skip = (bytes: number) => inputs.flatMap((name) => f.increase(name, i32(bytes)));
  f.body(
    // The last row and column of an odd size are in no window.
    clear(f.get('gradient'), multiply(f.get('images'), i32(height * row))),
    f.repeat(
      'image',
      f.get('images'),
      f.repeat(
        'row',
        i32(outputs.height),
        f.repeat(
          'column',
          i32(outputs.width),
          f.repeat(
            'vector',
            i32(pixel / vectorBytes),
            f.set('maximum', load(f.get('y')), 'v128'),
            f.set('value', load(f.get('dy')), 'v128'),
            f.set('found', andNot(f.get('value'), f.get('value')), 'v128'),
            ...window.map((offset) => [
              ...f.set(
                'here',
                andNot(equal(load(f.get('x'), offset), f.get('maximum')), f.get('found')),
                'v128',
              ),
              ...f.set('found', or(f.get('found'), f.get('here'))),
              ...store(f.get('gradient'), and(f.get('value'), f.get('here')), offset),
            ]),
            skip(vectorBytes),
            f.increase('y', i32(vectorBytes)),
            f.increase('dy', i32(vectorBytes)),
          ),
          skip(pixel),
        ),
        skip(row + (width % poolSize) * pixel),
      ),
      skip((height % poolSize) * row),
    ),
  );
  return encodeModule([f]);
}
