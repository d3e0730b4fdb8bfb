import { describe, expect, it } from '@jest/globals';
import { occlusionMap } from '../../../src/network/occlusion.ts';
import { filtersMosaic, mapsMosaic, mapsText, occlusionSentence } from '../../../src/panels/examine/maps.ts';

describe('the maps of a layer', () => {
  const layer = {
    ...{ name: 'conv1', type: 'conv2d', channels: 2, height: 1, width: 2 },
    values: Float32Array.of(-1, 2, 4, 0),
  };

  it('are drawn side by side, as strong as their values above 0', () => {
    const { pixels, size } = mapsMosaic(layer);
    expect(size).toEqual({ width: 5, height: 1 });
    expect([...pixels]).toEqual([0, 128, 0, 255, 0]);
  });

  it('are described in a sentence', () => {
    expect(mapsText(layer)).toBe('conv1: 2 maps of 1 × 2, 2 of them active; map 2 is the strongest');
    const silent = { ...layer, width: 1, values: Float32Array.of(-1, 0) };
    expect(mapsText(silent)).toBe('conv1: 2 units, 0 of them active');
  });

  it('have filters whose middle grey is 0', () => {
    const { pixels } = filtersMosaic({ count: 1, inputs: 1, size: 1, values: Float32Array.of(-0.5) });
    expect([...new Set(pixels)]).toEqual([0]);
  });
});

describe('what an answer rests on', () => {
  it('is the square without which its probability falls most', () => {
    const image = new Float32Array(64).fill(0.5);
    // Class 1 is as probable as the pixel in the lower right corner is bright.
    const network = { predict: (input: Float32Array) => Float32Array.of(0.1, input[63] as number) };
    const map = occlusionMap(network, image);
    expect(map).toMatchObject({ label: 1, side: 2 });
    expect([...map.drops]).toEqual([0, 0, 0, 0.5]);
    expect(
      occlusionSentence({ ...map, side: 3, drops: Float32Array.of(0, 0, 0, 0, 0.4, 0, 0, 0, 0) }, ['a', 'b']),
    ).toBe(
      'The answer b rests most on the middle: covering this square lowers its probability by 40 percentage points.',
    );
    expect(occlusionSentence({ label: 0, side: 1, drops: Float32Array.of(0) }, ['a'])).toMatch(
      /no single part/,
    );
  });
});
