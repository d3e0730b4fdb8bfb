import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { encodeSafetensors } from '../../src/export/safetensors.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../src/storage/checkpoint.ts';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const tensor = (name: string, ...values: number[]) => ({
  name,
  shape: [values.length],
  values: Float32Array.from(values),
});

describe('a checkpoint', () => {
  const runs = temporaryFolder();
  const checkpoint: Checkpoint = {
    position: {
      epoch: 3,
      batch: 17,
      images: 8_704,
      loss: 1234.5678901234567,
      accuracy: 8_500,
      epochStart: 41.5,
    },
    elapsedSeconds: 61.25,
    learningRate: 0.007,
    state: {
      weights: [tensor('conv1.weight', 1, -2, 3e-9), tensor('conv1.bias', 0)],
      optimizer: [tensor('velocity.conv1.weight', 0.5, 0.25, 0), tensor('velocity.conv1.bias', 7)],
    },
  };

  test('is read as it was written, and replaces the previous one', () => {
    const folder = RunFolder.create(runs.path, 'run');
    writeCheckpoint(folder, { ...checkpoint, elapsedSeconds: 30 });
    writeCheckpoint(folder, checkpoint);
    expect(readCheckpoint(folder)).toEqual(checkpoint);
    expect(readdirSync(join(folder.path, 'checkpoint'))).toEqual(['last.safetensors']);
  });

  test('stores the sums of a diverged run', () => {
    const folder = RunFolder.create(runs.path, 'run');
    const position = { ...checkpoint.position, loss: Number.NaN, accuracy: Number.POSITIVE_INFINITY };
    writeCheckpoint(folder, { ...checkpoint, position });
    expect(readCheckpoint(folder)?.position).toEqual(position);
  });

  test.each<[what: string, damage: (bytes: Buffer) => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['incomplete in its header', (bytes) => bytes.subarray(0, 100)],
    ['incomplete in its values', (bytes) => bytes.subarray(0, -1)],
    ['all zeros, as after a power failure', (bytes) => Buffer.alloc(bytes.length)],
    ['another file', () => Buffer.from(encodeSafetensors([tensor('conv1.weight', 1)]))],
  ])('is refused with advice when it is %s', (_what, damage) => {
    const folder = RunFolder.create(runs.path, 'run');
    writeCheckpoint(folder, checkpoint);
    const path = join(folder.path, 'checkpoint', 'last.safetensors');
    const damaged = damage(readFileSync(path));
    writeFileSync(path, damaged);
    const message = `${path}: expected a checkpoint, but its ${damaged.length} bytes are damaged; remove it, and --resume repeats the run from its beginning`;
    expect(() => readCheckpoint(folder)).toThrow(expect.objectContaining({ code: 'run.damaged', message }));
  });

  test('is undefined before the first one is written', () => {
    expect(readCheckpoint(RunFolder.create(runs.path, 'run'))).toBeUndefined();
  });
});
