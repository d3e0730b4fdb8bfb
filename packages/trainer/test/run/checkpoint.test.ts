import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../src/run/checkpoint.ts';
import { RunFolder } from '../../src/run/run-folder.ts';
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

  test('is not there before one was written', () => {
    expect(readCheckpoint(RunFolder.create(runs.path, 'run'))).toBeUndefined();
  });
});
