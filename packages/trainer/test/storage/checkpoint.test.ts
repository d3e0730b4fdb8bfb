import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { safetensors } from '../../src/export/safetensors.ts';
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
    place: {
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

  test('is read back as it was written, the newest over the one before', () => {
    const folder = RunFolder.create(runs.path, 'run');
    writeCheckpoint(folder, { ...checkpoint, elapsedSeconds: 30 });
    writeCheckpoint(folder, checkpoint);
    expect(readCheckpoint(folder)).toEqual(checkpoint);
    expect(readdirSync(join(folder.path, 'checkpoint'))).toEqual(['last.safetensors']);
  });

  test('keeps the sums of a run that has diverged', () => {
    const folder = RunFolder.create(runs.path, 'run');
    const place = { ...checkpoint.place, loss: Number.NaN, accuracy: Number.POSITIVE_INFINITY };
    writeCheckpoint(folder, { ...checkpoint, place });
    expect(readCheckpoint(folder)?.place).toEqual(place);
  });

  test.each<[what: string, damage: (bytes: Buffer) => Buffer]>([
    ['empty', () => Buffer.alloc(0)],
    ['cut short in its header', (bytes) => bytes.subarray(0, 100)],
    ['cut short in its values', (bytes) => bytes.subarray(0, -1)],
    ['zeros, as a power cut leaves them', (bytes) => Buffer.alloc(bytes.length)],
    ['another file', () => Buffer.from(safetensors([tensor('conv1.weight', 1)]))],
  ])('says what to do about one that is %s', (_what, damage) => {
    const folder = RunFolder.create(runs.path, 'run');
    writeCheckpoint(folder, checkpoint);
    const path = join(folder.path, 'checkpoint', 'last.safetensors');
    const damaged = damage(readFileSync(path));
    writeFileSync(path, damaged);
    const message = `${path}: expected a checkpoint, got ${damaged.length} bytes that are none; remove it, and --resume goes on from the beginning of the run`;
    expect(() => readCheckpoint(folder)).toThrow(expect.objectContaining({ code: 'run.damaged', message }));
  });

  test('is not there before one was written', () => {
    expect(readCheckpoint(RunFolder.create(runs.path, 'run'))).toBeUndefined();
  });
});
