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

  /** Returns the numbers of the run's log as 32-bit floats. */
  const numbersOf = (folder, type, read) =>
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
    while (!existsSync(file) || statSync(file).size < 700) await wait(20);
    first.kill('SIGKILL');
    await first.exited;
    const afterKill = await readScalars(folder);
    expect(afterKill['batch/loss'].length).toBeGreaterThan(3);
    expect(afterKill).not.toHaveProperty('test/loss');

    const second = train(runs, '--resume', 'run');
    expect([await second.exited, second.errors]).toEqual([0, '']);
    expect(await readScalars(folder)).toEqual({
      'batch/loss': numbersOf(folder, 'batch', ({ loss }) => loss),
      'batch/accuracy': numbersOf(folder, 'batch', ({ accuracy }) => accuracy),
      'batch/learning_rate': numbersOf(folder, 'batch', ({ learningRate }) => learningRate),
      'batch/images_per_second': numbersOf(folder, 'batch', ({ imagesPerSecond }) => imagesPerSecond),
      'test/loss': numbersOf(folder, 'epoch', ({ test: { loss } }) => loss),
      'test/accuracy': numbersOf(folder, 'epoch', ({ test: { accuracy } }) => accuracy),
    });
    const steps = numbersOf(folder, 'batch', ({ loss }) => loss).map(([step]) => step);
    expect(steps).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
  });
});
