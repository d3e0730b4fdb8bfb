import { describe, expect, test } from '@jest/globals';
import { architecture, parameterSpecs, summarize } from '../../src/network/model.ts';
import { size } from '../../src/shape.ts';

describe('the network', () => {
  test('has 4 convolutions, 2 max-pools, 2 dropouts and 2 dense layers', () => {
    const count = (type: string) => architecture.filter((layer) => layer.type === type).length;
    expect(['conv2d', 'maxPool2d', 'dropout', 'dense'].map(count)).toEqual([4, 2, 2, 2]);
  });

  test('has 467,818 parameters', () => {
    expect(parameterSpecs().reduce((sum, { shape }) => sum + size(shape), 0)).toBe(467_818);
    expect(summarize().reduce((sum, { parameters }) => sum + parameters, 0)).toBe(467_818);
  });

  test('tells the shape behind each layer', () => {
    const shapes = Object.fromEntries(summarize().map(({ name, outputShape }) => [name, outputShape]));
    expect(shapes).toMatchObject({
      conv1: [28, 28, 32],
      pool1: [14, 14, 32],
      pool2: [7, 7, 64],
      flatten: [3_136],
      fc2: [10],
    });
  });
});
