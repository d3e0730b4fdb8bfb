import { describe, expect, it } from '@jest/globals';
import { occlusionMap } from '../../../src/network/occlusion.ts';
import { occlusionSentence } from '../../../src/panels/examine/occlusion-text.ts';

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
