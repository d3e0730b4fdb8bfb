import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBody, MonitorEvent } from '@mnist-monitor/shared';
import { runOf } from './page-elements.ts';
import { snapshotFile } from './snapshot-file.ts';

const side = 28;

/** Layers of a network with one convolution, and the snapshot of weights that read a vertical stroke as one class. */
const layers = ['conv1:conv2d', 'relu1:relu', 'flatten:flatten', 'fc:dense'].map((text) => {
  const [name = '', type = ''] = text.split(':');
  return { name, type, outputShape: [1], parameters: 0 };
});
function strokeSnapshot(upright: number): Buffer {
  const isMiddle = (position: number): boolean => position >= side / 2 - 3 && position < side / 2 + 3;
  const weight = new Int8Array(side * side * 10);
  for (let pixel = 0; pixel < side * side; pixel++)
    if (isMiddle(pixel % side)) weight[pixel * 10 + upright] = 100;
  const identity = new Int8Array(9);
  identity[4] = 100;
  const tensor = (name: string, shape: number[], values: Int8Array, scale = 0.001) => ({
    ...{ name, shape, values, scales: new Float32Array(shape.at(-1) ?? 1).fill(scale) },
  });
  return snapshotFile([
    tensor('conv1.weight', [3, 3, 1, 1], identity, 0.01),
    tensor('conv1.bias', [1], new Int8Array(1)),
    tensor('fc.weight', [side * side, 10], weight),
    tensor('fc.bias', [10], new Int8Array(10)),
  ]);
}

/**
 * Returns the events of a run with a probe image of a vertical stroke, whose snapshots at batches 10, 30 and 60 read such a stroke
 * as 4, 7 and 7, and writes the snapshots.
 * @param runs Folder of the gateway's runs.
 */
export function strokeSnapshotRun(runs: string, runId: string): MonitorEvent[] {
  const [started, ...others] = runOf(runId);
  const folder = join(runs, runId, 'snapshots');
  mkdirSync(folder, { recursive: true });
  const snapshots = [
    [10, 4],
    [30, 7],
    [60, 7],
  ].map(([step = 0, upright = 0]): EventBody => {
    // Each file differs from the others, as the weights of a run do.
    const file = Buffer.concat([strokeSnapshot(upright), Buffer.alloc(step)]);
    const digest = createHash('sha256').update(file).digest('hex');
    writeFileSync(join(folder, `${digest}.safetensors`), file);
    return { type: 'snapshot', data: { step, digest, bytes: file.length } };
  });
  const pixels = Array.from({ length: side * side }, (_, at) => (at % side === 14 ? 255 : 0));
  const images: EventBody = {
    type: 'probe',
    data: {
      step: 1,
      size: 1,
      images: { first: 0, indices: [47], labels: [7], pixels: Buffer.from(pixels).toString('base64') },
    },
  };
  const model = { layers, parameters: 7_850 };
  const bodies = [
    { ...started, data: { ...started?.data, model } },
    images,
    ...others.slice(0, -1),
    ...snapshots,
    ...others.slice(-1),
  ];
  return bodies.map((body, index) => ({
    ...{ v: 1, runId, time: started?.time },
    ...body,
    seq: index + 1,
  })) as MonitorEvent[];
}
