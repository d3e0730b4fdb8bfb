import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBody, EventOf, MonitorEvent } from '@mnist-monitor/shared';
import { runOf } from './page-elements.ts';
import { snapshotFile } from './snapshot-file.ts';

const side = 28;
const testImages = 10_000;
const probeSize = 500;
/** Size of a snapshot of the trainer's default network. */
const snapshotBytes = 472_322;

/** Text that a publisher chooses to get out of the element that contains it. */
export const hostileName =
  '</title></script><script>document.title = "owned"</script><img src=x onerror=alert(1)>';

/** Returns bytes that cannot be compressed, the same each time. */
function noise(length: number, seed: number): Buffer {
  let state = seed;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    }),
  );
}

/** Returns an image like a digit: a blurred stroke on an empty background. */
const digit = (seed: number): Buffer => {
  const bytes = noise(side * side, seed + 1);
  return Buffer.from(
    bytes.map((value, at) => (Math.abs((at % side) - 10 - (seed % 8)) < 3 ? value | 128 : 0)),
  );
};

const layers = ['flatten:flatten', 'fc:dense'].map((text) => {
  const [name = '', type = ''] = text.split(':');
  return { name, type, outputShape: [10], parameters: 0 };
});

/** Returns weights that read a vertical stroke as 7, in a file as large as the trainer's. */
function weights(seed: number): Buffer {
  const weight = new Int8Array(side * side * 10);
  for (let pixel = 0; pixel < side * side; pixel++)
    if (Math.abs((pixel % side) - side / 2 + 0.5) < 3) weight[pixel * 10 + 7] = 100;
  const file = snapshotFile([
    { name: 'fc.weight', shape: [side * side, 10], values: weight, scales: new Float32Array(10).fill(0.001) },
    { name: 'fc.bias', shape: [10], values: new Int8Array(10), scales: new Float32Array(10).fill(1) },
  ]);
  return Buffer.concat([file, noise(snapshotBytes - file.length, seed)]);
}

/** Writes a file of a run to the gateway's folder, as a trainer on the same machine does, and returns its digest. */
function writeRunFile(folder: string, extension: string, content: Buffer): string {
  const digest = createHash('sha256').update(content).digest('hex');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${digest}.${extension}`), content);
  return digest;
}

/**
 * Returns the events of a run of ten epochs with 118 batches each, with as much about the inside of its network, its samples and
 * its predictions as the trainer sends for all of MNIST, and writes its files. Names are hostile.
 */
export function tenEpochRun(runId: string, runs: string): MonitorEvent[] {
  const labels = Uint8Array.from({ length: testImages }, (_, at) => at % 10);
  const images = Buffer.concat(Array.from({ length: testImages }, (_, at) => digit(at % 97)));
  const digest = writeRunFile(join(runs, runId, 'test-images'), 'bin', Buffer.concat([images, labels]));
  const [started, ...others] = runOf(runId, 10, 118);
  const bodies: EventBody[] = [
    { type: 'run.started', data: startedData(started as MonitorEvent, digest) },
    ...probeImages(),
  ];
  for (const event of others) {
    if (event.type === 'run.finished') bodies.push(snapshotOf(runId, runs));
    if (event.type === 'epoch') bodies.push(probeLogits(event.data.step), layersAt(event.data.step));
    bodies.push(withTestImages(event as MonitorEvent));
  }
  return bodies.map((body, index) => ({
    ...{ v: 1, runId, time: started?.time },
    ...body,
    seq: index + 1,
  })) as MonitorEvent[];
}

function startedData(event: MonitorEvent, digest: string): EventOf<'run.started'>['data'] {
  if (event.type !== 'run.started') throw new Error('expected the start of a run');
  const { data } = event;
  return {
    ...data,
    ...{ name: hostileName, tags: ['</script>', '<b>tag</b>'] },
    config: {
      ...{ epochs: 10, batchSize: 512, learningRate: 0.01, optimizer: 'adam', schedule: 'constant' },
      ...{ augment: false, $: 'Map', 'a<b': '<img src=x>' },
    },
    model: { layers, parameters: 7_850 },
    dataset: {
      ...{ name: 'MNIST', classes: data.dataset?.classes ?? [] },
      testImages: { digest, count: testImages, width: side, height: side, channels: 1 as const },
    },
  };
}

const probeImages = (): EventBody[] =>
  [0, 1, 2, 3, 4].map((part) => ({
    type: 'probe',
    data: {
      ...{ step: 1, size: probeSize },
      images: {
        first: part * 100,
        indices: Array.from({ length: 100 }, (_, at) => part * 100 + at),
        labels: Array.from({ length: 100 }, (_, at) => at % 10),
        pixels: Buffer.concat(Array.from({ length: 100 }, (_, at) => digit(part * 100 + at))).toString(
          'base64',
        ),
      },
    },
  }));

const probeLogits = (step: number): EventBody => ({
  type: 'probe',
  data: {
    ...{ step, size: probeSize },
    logits: { classes: 10, scale: 0.1, values: noise(probeSize * 10, step).toString('base64') },
  },
});

const tensors = ['conv1', 'conv2', 'conv3', 'conv4', 'fc1', 'fc2'].map((name) => `${name}.weight`);

const layersAt = (step: number): EventBody => ({
  type: 'layers',
  data: {
    ...{ step, tensors },
    ...{ weightNorm: tensors.map(() => 5), gradientNorm: tensors.map(() => 0.5) },
    updateRatio: tensors.map((_, at) => 1e-3 * (at + 1)),
    histograms: tensors.map(() => ({
      edges: Array.from({ length: 65 }, (_, at) => (at - 32) / 64),
      counts: [...noise(64, step)],
    })),
  },
});

function snapshotOf(runId: string, runs: string): EventBody {
  const file = weights(5);
  const digest = writeRunFile(join(runs, runId, 'snapshots'), 'safetensors', file);
  return { type: 'snapshot', data: { step: 1_180, epoch: 10, digest, bytes: file.length } };
}

function withTestImages(event: MonitorEvent): EventBody {
  if (event.type === 'epoch') {
    const { epoch } = event.data;
    const random = noise(testImages, epoch);
    const bytes = Buffer.from(
      random.map((value, at) => ((at % 10) + (value < 40 && at % 17 === 0 ? 3 : 0)) % 10),
    );
    const test = {
      ...event.data.test,
      ...{ predictions: bytes.toString('base64'), confidences: random.toString('base64') },
    };
    return { type: 'epoch', data: { ...event.data, test } };
  }
  if (event.type === 'samples') {
    const items = Array.from({ length: 28 }, (_, at) => ({
      ...{ index: at, label: at % 10, prediction: (at + (at % 3 === 0 ? 3 : 0)) % 10 },
      probabilities: Array.from({ length: 10 }, (_, label) => (label + 1) / 55),
      image: digit(at).toString('base64'),
    }));
    return { type: 'samples', data: { epoch: event.data.epoch, items } };
  }
  return { type: event.type, data: event.data } as EventBody;
}
