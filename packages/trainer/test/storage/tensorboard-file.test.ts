import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { recordBytes } from '../../src/export/tfrecord.ts';
import { EventLog } from '../../src/storage/event-log.ts';
import { RunFolder } from '../../src/storage/run-folder.ts';
import { TensorboardFile } from '../../src/storage/tensorboard-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('TensorboardFile', () => {
  const runs = temporaryFolder();
  const sample = sampleRun({ epochs: 2, batchesPerEpoch: 5 });
  const drawn = sample.filter(({ type }) => type === 'batch' || type === 'epoch').length;
  let count = 0;

  /** Creates a run with the first `logged` sample events in its log and the first `written` in its TensorBoard file. */
  const createRun = (logged: number, written = logged) => {
    const runId = `run${count++}`;
    const folder = RunFolder.create(runs.path, runId);
    const log = new EventLog({ runId, folder });
    const file = new TensorboardFile(folder, log);
    sample.slice(0, logged).forEach(({ type, data }, at) => {
      const event = log.append({ type, data } as Parameters<typeof log.append>[0]);
      if (at < written) file.append(event);
    });
    file.close();
    return { folder, log, path: join(folder.path, `events.out.tfevents.${runId}`) };
  };

  /** Returns the sizes of the records, which must fill the file. */
  const recordsOf = (path: string): number[] => {
    const bytes = readFileSync(path);
    const sizes: number[] = [];
    for (let at = 0; at < bytes.length; at += sizes.at(-1)!)
      sizes.push(recordBytes(bytes.subarray(at)) ?? Number.NaN);
    expect(sizes.reduce((a, b) => a + b)).toBe(bytes.length);
    return sizes;
  };

  test('contains a version record, then a record for each batch and epoch', () => {
    const { folder, path } = createRun(sample.length);
    expect(readdirSync(folder.path).sort()).toEqual(['events.jsonl', path.split('/').at(-1)]);
    expect(recordsOf(path)).toHaveLength(1 + drawn);
  });

  test('adds the events that only the log contains', () => {
    const whole = readFileSync(createRun(sample.length).path).subarray(40); // Without the version record, which contains the time.
    for (const written of [0, 1, 4, sample.length]) {
      const { folder, log, path } = createRun(sample.length, written);
      new TensorboardFile(folder, log).close();
      expect(recordsOf(path)).toHaveLength(1 + drawn);
      expect(readFileSync(path).length).toBe(whole.length + 40);
    }
  });

  test('rewrites a record that is incomplete at any byte', () => {
    const { folder, log, path } = createRun(sample.length);
    const whole = readFileSync(path);
    const last = recordsOf(path).at(-1)!;
    for (let missing = 1; missing <= last; missing++) {
      truncateSync(path, whole.length - missing);
      new TensorboardFile(folder, log).close();
      expect(readFileSync(path).equals(whole)).toBe(true);
      writeFileSync(path, whole);
    }
  });

  test('is completed from the log when it is empty', () => {
    const { folder, log, path } = createRun(sample.length, 0);
    truncateSync(path, 0);
    new TensorboardFile(folder, log).close();
    expect(recordsOf(path)).toHaveLength(1 + drawn);
  });
});
