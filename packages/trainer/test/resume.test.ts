import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Program } from './support/processes.ts';
import { noGateway, quick, readEvents } from './support/quick.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

describe('a run that was cut short', () => {
  const folder = temporaryFolder();
  const runs = () => join(folder.path, 'runs');
  const events = (runId: string) => readEvents(runs(), runId);

  test('a damaged checkpoint is one line and exit code 2, and leaves no lock; without it the run goes on', async () => {
    const args = [...quick, '--runs', runs(), '--run-id', 'cut', '--report-interval', '0', '--epochs', '1'];
    const cut = Program.trainer(args);
    await cut.printed('images/s');
    await cut.kill('SIGTERM');
    const checkpoint = join(runs(), 'cut', 'checkpoint', 'last.safetensors');
    truncateSync(checkpoint, 1_000);
    const resume = () =>
      Program.trainer([...args, '--resume', 'cut', '--batch-size', '32', '--test-size', '50']);
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

  test('killed or ended in the middle and resumed, ends as if nothing had happened', async () => {
    const args = [
      ...quick,
      '--train-size',
      '96',
      '--epochs',
      '2',
      '--report-interval',
      '0',
      '--runs',
      runs(),
    ];
    expect(await Program.trainer([...args, '--run-id', 'whole']).ended()).toBe(0);
    const told = (runId: string) =>
      events(runId).flatMap(({ type, data }) => {
        if (type === 'batch') return [[data.step, data.loss]];
        return type === 'epoch' ? [[data.epoch, data.train, data.test]] : [];
      });

    for (const [signal, place] of [
      ['SIGKILL', /Resumed after epoch 1\./],
      ['SIGTERM', /Resumed after batch [1-6] of epoch 2\./],
    ] as const) {
      const cut = Program.trainer([...args, '--run-id', signal]);
      await cut.printed('epoch 2/2'); // Behind the first checkpoint.
      await cut.kill(signal);
      const resumed = Program.trainer([
        ...noGateway,
        ...['--engine', 'wasm', '--runs', runs(), '--once', '--resume', signal],
      ]);
      expect(await resumed.ended()).toBe(0);
      expect(resumed.stdout).toMatch(place);
      expect(told(signal)).toEqual(told('whole'));
      const all = events(signal);
      expect(all.map(({ seq }) => seq)).toEqual(all.map((_, at) => at + 1));
      expect(all.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } });
    }
  }, 120_000);
});
