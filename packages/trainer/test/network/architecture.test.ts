import { describe, expect, test } from '@jest/globals';
import { elementCount } from '../../src/kernels/kernels.ts';
import {
  architecture,
  architectureFor,
  isFused,
  networks,
  parameterSpecs,
  summarizeLayers,
} from '../../src/network/architecture.ts';

describe('the network', () => {
  test('has 4 convolutions, 2 max-pools, 2 dropouts and 2 dense layers', () => {
    const count = (type: string) => architecture.filter((layer) => layer.type === type).length;
    expect(['conv2d', 'maxPool2d', 'dropout', 'dense'].map(count)).toEqual([4, 2, 2, 2]);
  });

  test('has 467,818 parameters', () => {
    expect(parameterSpecs().reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(467_818);
    expect(summarizeLayers().reduce((sum, { parameters }) => sum + parameters, 0)).toBe(467_818);
  });

  test('of the recipe sprint has 211,802 parameters, less than half', () => {
    const parameters = summarizeLayers(networks.sprint).map((layer) => layer.parameters);
    expect(parameters.reduce((sum, count) => sum + count)).toBe(211_802);
  });

  test.each(['original', 'sprint'] as const)('%s ends with a unit for each class', (name) => {
    expect(summarizeLayers(architectureFor(47, name)).at(-1)).toMatchObject({ outputShape: [47] });
  });

  test('fuses each relu with the convolution before it, also across a max-pool, but not with a dense layer', () => {
    const fused = architecture.filter((_, at) => isFused(architecture, at)).map(({ name }) => name);
    const convolutions = ['conv1', 'conv2', 'conv3', 'conv4'];
    expect(fused.sort()).toEqual([...convolutions, 'relu1', 'relu2', 'relu3', 'relu4']);
  });

  test('fuses neither a convolution without a relu nor a relu without a convolution', () => {
    expect(isFused([{ name: 'conv', type: 'conv2d', filters: 1 }], 0)).toBe(false);
    expect(isFused([{ name: 'relu', type: 'relu' }], 0)).toBe(false);
  });

  test('summarizes the output shape of each layer', () => {
    const shapes = Object.fromEntries(summarizeLayers().map(({ name, outputShape }) => [name, outputShape]));
    expect(shapes).toMatchObject({
      conv1: [28, 28, 32],
      pool1: [14, 14, 32],
      pool2: [7, 7, 64],
      flatten: [3_136],
      fc2: [10],
    });
  });
});
