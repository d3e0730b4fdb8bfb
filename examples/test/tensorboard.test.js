import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../packages/gateway/dist/test/support/cleanup.js';
import { Program } from './support/program.js';
import { python } from './support/tools.js';

const trainer = '../packages/trainer/dist/src/main.js';

(python ? describe : describe.skip)('the TensorBoard file of a run', () => {
  const train = (runs, ...more) => {
    const sizes = ['--train-size', '96', '--test-size', '20', '--batch-size', '4', '--epochs', '2'];
    const flags = ['--runs', runs, '--gateway', 'ws://127.0.0.1:1', '--engine', 'wasm', '--threads', '1'];
    return new Program(process.execPath, [trainer, ...sizes, ...flags, '--once', ...more]);
  };

  /** Reads a run's folder with TensorBoard's own reader. */
  const readScalars = async (folder) => {
    const program = new Program(python, ['test/support/read_scalars.py', folder]);
    if ((await program.exited) !== 0) throw new Error(program.errors);
    return JSON.parse(program.output);
  };

  /** Returns [step, number as a 32-bit float] for each event of a type in the run's log. */
  const pointsOf = (folder, type, read) =>
    readFileSync(join(folder, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter((event) => event.type === type)
      .map(({ data }) => [data.step, Math.fround(read(data))]);

  test('has every point once after the trainer was killed and resumed', async () => {
    const runs = temporaryFolder();
    const folder = join(runs, 'run');
    const file = join(folder, 'events.out.tfevents.run');
    const first = train(runs, '--run-id', 'run');
    // Large enough for the points of a few batches.
    while (!existsSync(file) || statSync(file).size < 700) await wait(20);
    first.kill('SIGKILL');
    await first.exited;
    const afterKill = await readScalars(folder);
    expect(afterKill['batch/loss'].length).toBeGreaterThan(3);
    expect(afterKill).not.toHaveProperty('test/loss');

    const second = train(runs, '--resume', 'run');
    expect([await second.exited, second.errors]).toEqual([0, '']);
    expect(await readScalars(folder)).toEqual({
      'batch/loss': pointsOf(folder, 'batch', ({ loss }) => loss),
      'batch/accuracy': pointsOf(folder, 'batch', ({ accuracy }) => accuracy),
      'batch/learning_rate': pointsOf(folder, 'batch', ({ learningRate }) => learningRate),
      'batch/images_per_second': pointsOf(folder, 'batch', ({ imagesPerSecond }) => imagesPerSecond),
      'test/loss': pointsOf(folder, 'epoch', ({ test: { loss } }) => loss),
      'test/accuracy': pointsOf(folder, 'epoch', ({ test: { accuracy } }) => accuracy),
    });
    const steps = pointsOf(folder, 'batch', ({ loss }) => loss).map(([step]) => step);
    expect(steps).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
  });
});
