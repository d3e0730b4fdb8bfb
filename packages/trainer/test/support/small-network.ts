import type { LayerSpec } from '../../src/network/architecture.ts';

/** A network with one layer of each type, small enough for a GPU in software. */
export const smallNetwork: LayerSpec[] = [
  { name: 'conv1', type: 'conv2d', filters: 4 },
  { name: 'pool1', type: 'maxPool2d' },
  { name: 'relu1', type: 'relu' },
  { name: 'dropout1', type: 'dropout', rate: 0.25 },
  { name: 'flatten', type: 'flatten' },
  { name: 'fc1', type: 'dense', units: 10 },
];
