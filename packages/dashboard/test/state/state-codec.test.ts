import { expect, it } from '@jest/globals';
import { Series } from '../../src/state/series.ts';
import { decodeState, encodeState } from '../../src/state/state-codec.ts';

const roundTrip = (state: unknown): unknown => decodeState(encodeState(state));

it.each([
  [
    'numbers that are not finite',
    { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: [Number.NEGATIVE_INFINITY] },
  ],
  ['maps', new Map([['a', new Map([['b', 1]])]])],
  ['bytes', { bytes: Uint8Array.of(0, 127, 255), signed: Int8Array.of(-128, 5) }],
  ['arrays of numbers', [Float32Array.of(0.5, Number.NaN), Uint32Array.of(2 ** 31), new Float64Array(0)]],
  ['plain values', { text: 'ü "\\ </script>', none: null, yes: true, list: [1, [2, {}]] }],
  ['fields that look like the marks of the format', { $: 'Map', nested: { $: { $: 'Series' }, parts: 1 } }],
])('%s are read as they were written', (_, state) => {
  expect(roundTrip(state)).toEqual(state);
});

it('a part of a longer array is written without the rest', () => {
  expect(roundTrip(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))).toEqual(Uint8Array.of(2, 3));
});

it('more bytes than a call has arguments are written', () => {
  const bytes = Uint8Array.from({ length: 200_001 }, (_, at) => at % 251);
  expect(roundTrip(bytes)).toEqual(bytes);
});

it('a series keeps its rows, its gaps and its digits', () => {
  const series = new Series(['loss', 'time'], 100, 4);
  series.append(1, { loss: 0.25, time: 1_764_547_200_123 });
  series.append(2, { loss: Number.NaN, time: 1_764_547_200_124 });
  series.append(3, { loss: undefined, time: 1_764_547_200_125 });
  const read = roundTrip({ series }) as { series: typeof series };
  expect(read.series).toBeInstanceOf(Series);
  expect(read.series.parts()).toEqual(series.parts());
});
