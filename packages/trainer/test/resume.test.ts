import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { acceptingGateway } from './support/fake-gateway.ts';
import { Program } from './support/processes.ts';
import { readEvents, shortRun } from './support/short-run.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

describe('an interrupted run', () => {
  const folder = temporaryFolder();
  const gateway = acceptingGateway();
  const runs = () => join(folder.path, 'runs');
  const train = (...args: string[]): Program =>
    Program.trainer([...shortRun, ...gateway.flags, '--runs', runs(), ...args]);

  test('is not resumed while its checkpoint is damaged, and restarts from the beginning when the checkpoint is removed', async () => {
    const args = ['--run-id', 'cut', '--epochs', '1', '--train-size', '128'];
    const interrupted = train(...args);
    await interrupted.printed('images/s');
    await interrupted.kill('SIGTERM');
    const checkpoint = join(runs(), 'cut', 'checkpoint', 'last.safetensors');
    truncateSync(checkpoint, 1_000);
    const resume = () => train(...args, '--resume', 'cut', '--batch-size', '32', '--test-size', '50');
    const refused = resume();
    expect(await refused.ended()).toBe(2);
    expect(refused.stderr.trim().split('\n')).toEqual([expect.stringContaining(`${checkpoint}: expected`)]);
    expect(readdirSync(join(runs(), 'cut'))).not.toContain('lock');
    rmSync(checkpoint);
    const resumed = resume();
    expect(await resumed.ended()).toBe(0);
    expect(resumed.stdout).toContain(
      'Not used: --test-size, --batch-size; run cut continues with its original settings.\n',
    );
    expect(resumed.stdout).toContain('Resumed from the beginning.');
  }, 60_000);

  test('keeps the network of its recipe', async () => {
    const interrupted = train('--run-id', 'small', '--recipe', 'sprint');
    await interrupted.printed('epoch 2/2');
    await interrupted.kill('SIGTERM');
    const resumed = Program.trainer([
      ...['--engine', 'wasm', '--threads', '1', '--runs', runs(), '--once', '--resume', 'small'],
      ...gateway.flags,
    ]);
    expect(await resumed.ended()).toBe(0);
    expect(resumed.stdout).toContain('211,802 parameters');
    const started = readEvents(runs(), 'small')[0];
    expect(started).toMatchObject({ data: { config: { recipe: 'sprint' }, model: { parameters: 211_802 } } });
  }, 60_000);

  test('has the same losses and scores after it is resumed as an uninterrupted run', async () => {
    const sizes = ['--train-size', '64', '--epochs', '2', '--inside', 'on'];
    const figures = (runId: string) =>
      readEvents(runs(), runId).flatMap(({ type, data }) => {
        if (type === 'batch') return [[data.step, data.loss]];
        return type === 'epoch' ? [[data.epoch, data.train, data.test]] : [];
      });
    /** The epochs' snapshots with their content, and the position in the probe set of all images that were sent. */
    const inside = (runId: string) =>
      readEvents(runs(), runId).flatMap<unknown>(({ type, data }) => {
        if (type === 'snapshot' && data.epoch != null) return [[data.step, data.digest]];
        return type === 'probe' && data.images ? [data.images.first] : [];
      });
    expect(await train(...sizes, '--run-id', 'uninterrupted').ended()).toBe(0);
    expect(inside('uninterrupted')).toEqual([0, [16, expect.any(String)], [32, expect.any(String)]]);

    for (const [signal, position] of [
      ['SIGKILL', /Resumed after epoch 1\./],
      ['SIGTERM', /Resumed after batch \d+ of epoch 2\./],
    ] as const) {
      const interrupted = train(...sizes, '--run-id', signal);
      await interrupted.printed('epoch 2/2'); // After the first checkpoint.
      await interrupted.kill(signal);
      const resumed = Program.trainer([
        ...['--engine', 'wasm', '--threads', '1', '--runs', runs(), '--once', '--resume', signal],
        ...gateway.flags,
      ]);
      expect(await resumed.ended()).toBe(0);
      expect(resumed.stdout).toMatch(position);
      expect(figures(signal)).toEqual(figures('uninterrupted'));
      expect(inside(signal)).toEqual(inside('uninterrupted'));
      const events = readEvents(runs(), signal);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
      expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } });
    }
  }, 120_000);
});
