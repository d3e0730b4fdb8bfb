import { describe, expect, it } from '@jest/globals';
import { filtersMosaic, layerPictures, mapsMosaic, mapsText } from '../../src/network/pictures.ts';

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

describe('the pictures of a network', () => {
  it('are those of the filters, the convolutions and the dense layers before the answer', () => {
    const layer = (name: string, type: string) => ({
      ...{ name, type, channels: 1, height: 1, width: 1, values: Float32Array.of(1) },
    });
    const outputs = [
      layer('conv', 'conv2d'),
      layer('relu', 'relu'),
      layer('hidden', 'dense'),
      layer('out', 'dense'),
    ];
    const filters = { count: 1, inputs: 1, size: 1, values: Float32Array.of(1) };
    expect(layerPictures(outputs, filters).map(({ name, text }) => [name, text])).toEqual([
      ['filters', '1 filter of the first layer, 1 × 1 weights each; middle grey is 0'],
      ['conv', 'conv: 1 unit, 1 of them active; unit 1 is the strongest'],
      ['hidden', 'hidden: 1 unit, 1 of them active; unit 1 is the strongest'],
    ]);
    expect(layerPictures(outputs, undefined).map(({ name }) => name)).toEqual(['conv', 'hidden']);
  });
});
