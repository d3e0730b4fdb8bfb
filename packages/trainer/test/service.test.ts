import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { Program } from './support/processes.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { Viewer } from './support/viewer.ts';

/** Flags of a run with 30 steps per epoch, each of which takes some hundredths of a second. */
const sizes = [
  ...['--engine', 'wasm', '--threads', '1'],
  ...['--train-size', '120', '--test-size', '20', '--batch-size', '4'],
];
const short = { trainSize: 20, testSize: 20, batchSize: 4, epochs: 1 };

const isNotice = (code: string) => (event: MonitorEvent) =>
  event.type === 'notice' && event.data.code === code;

interface Listening {
  url: string;
  ingestUrl: string;
}

describe('a trainer and the commands of its viewers', () => {
  const folder = temporaryFolder();
  let gateway: Program;
  let listening: Listening;
  let viewer: Viewer;

  const startGateway = async (...flags: string[]): Promise<void> => {
    gateway = Program.gateway(['--runs', folder.path, ...flags]);
    listening = await gateway.message<Listening>();
  };
  const startTrainer = (args: string[] = [], env: NodeJS.ProcessEnv = {}): Program => {
    const own = ['--runs', folder.path, '--gateway', listening.ingestUrl, '--report-interval', '0'];
    return Program.trainer([...own, ...sizes, ...args], env);
  };
  const steps = () => viewer.batches.length;

  beforeEach(async () => {
    await startGateway('--port', '0', '--ingest-port', '0');
    viewer = new Viewer(listening.url);
  });
  afterEach(() => viewer.close());

  test('pauses, changes the learning rate, resumes, and stops with its files saved (P-132)', async () => {
    const trainer = startTrainer(['--run-id', 'run', '--epochs', '3']);
    await viewer.until(() => steps() >= 3);
    expect(await viewer.command('pause')).toMatchObject({ ok: true });
    await viewer.until(() => viewer.codes.includes('run.paused'));
    await viewer.until(() => viewer.statuses.get('run')?.status === 'paused');
    const paused = steps();
    await wait(1_000); // Enough for many steps if training continued.
    expect(steps()).toBe(paused);

    expect(await viewer.command('setLearningRate', { learningRate: 0.002 })).toMatchObject({ ok: true });
    expect(await viewer.command('resume')).toMatchObject({ ok: true });
    await viewer.until(() => steps() >= paused + 3);
    expect(viewer.codes).toEqual(expect.arrayContaining(['learning_rate.set', 'run.resumed']));
    const rates = viewer.batches.map(({ learningRate }) => learningRate);
    expect(rates.slice(0, paused)).toEqual(Array(paused).fill(0.01));
    expect(rates.slice(paused)).toEqual(Array(rates.length - paused).fill(0.002));
    const [before, after] = [viewer.batches[paused - 1], viewer.batches[paused]];
    const secondsAt = (of: (event: MonitorEvent) => boolean) =>
      Date.parse((viewer.events.find(of) as MonitorEvent).time) / 1_000;
    const pause = secondsAt(isNotice('run.resumed')) - secondsAt(isNotice('run.paused'));
    const between = secondsAt(({ data }) => data === after) - secondsAt(({ data }) => data === before);
    expect(pause).toBeGreaterThan(1);
    expect(after.elapsedSeconds - before.elapsedSeconds).toBeCloseTo(between - pause, 1);

    expect(await viewer.command('stop')).toMatchObject({ ok: true });
    await viewer.until(() => viewer.last?.type === 'run.finished');
    const [finished] = viewer.dataOf('run.finished');
    expect(finished).toMatchObject({ status: 'stopped', reason: 'stopped by command' });
    for (const file of finished.files) expect(existsSync(join(folder.path, 'run', file))).toBe(true);
    await viewer.until(() => viewer.waitingTrainers === 1);
    expect(readdirSync(join(folder.path, 'run'))).not.toContain('lock');
    trainer.child.kill('SIGTERM');
    expect(await trainer.ended()).toBe(0);
    await viewer.until(() => viewer.waitingTrainers === 0);
  }, 120_000);

  test('waits for a start command, trains with its settings, and waits again, also after a restart of the gateway (P-134)', async () => {
    const trainer = startTrainer(['--wait']);
    await viewer.until(() => viewer.waitingTrainers === 1);
    expect(readdirSync(folder.path).filter((name) => !name.startsWith('monitor.db'))).toEqual([]);

    const first = await viewer.command('start', { ...short, learningRate: 0.02, seed: 7 });
    expect(first).toMatchObject({ ok: true, runId: expect.any(String) });
    await viewer.until(() => viewer.last?.type === 'run.finished');
    expect(viewer.last).toMatchObject({ runId: first.ok && first.runId, data: { status: 'completed' } });
    expect(viewer.dataOf('run.started')[0].config).toMatchObject({ ...short, learningRate: 0.02, seed: 7 });

    const ports = ['--port', new URL(listening.url).port, '--ingest-port', new URL(listening.ingestUrl).port];
    await gateway.kill('SIGKILL');
    await startGateway(...ports);
    await viewer.until(() => viewer.waitingTrainers === 1);
    const refused = await viewer.command('start', { trainSize: 60_001 });
    expect(refused).toMatchObject({
      ok: false,
      code: 'command.refused',
      message: expect.stringContaining('got 60001'),
    });

    const second = await viewer.command('start', short);
    expect(second).toMatchObject({ ok: true });
    await viewer.until(() => viewer.last?.runId === (second.ok && second.runId));
    expect(await viewer.command('start', short)).toMatchObject({ ok: false, code: 'command.no_trainer' });
    await viewer.until(() => viewer.last?.type === 'run.finished');
    expect(viewer.seqs).toEqual(viewer.seqs.map((_, at) => at + 1));
    trainer.child.kill('SIGTERM');
    expect(await trainer.ended()).toBe(0);
    expect(trainer.stdout).not.toContain('did not accept');
  }, 120_000);

  test('resumes after a restart with the learning rate that a command has set', async () => {
    const service = { MONITOR_RESUME: '1' };
    const first = startTrainer(['--run-id', 'run', '--epochs', '3', '--train-size', '96'], service);
    await first.printed(`Nothing to resume in ${folder.path}: starting a new run.`);
    await viewer.until(() => steps() >= 2);
    await viewer.command('setLearningRate', { learningRate: 0.004 });
    await viewer.until(() => steps() >= 26); // After the first checkpoint.
    await viewer.command('setLearningRate', { learningRate: 0.03 });
    await viewer.until(() => viewer.codes.filter((code) => code === 'learning_rate.set').length === 2);
    const set = steps();
    await viewer.until(() => steps() >= set + 2);
    first.child.kill('SIGTERM');
    expect(await first.ended()).toBe(143);
    await viewer.until(() => viewer.last?.type === 'run.finished');
    expect(viewer.last).toMatchObject({ data: { status: 'interrupted' } });
    const cut = steps();

    const second = startTrainer([], { ...service, MONITOR_ONCE: '1' });
    expect(await second.ended()).toBe(0);
    expect(second.stdout).toMatch(/Resumed after (batch \d+ of )?epoch \d\./);
    await viewer.until(() => viewer.dataOf('run.finished').at(-1)?.status === 'completed');
    expect(steps()).toBe(72);
    const changes = viewer.dataOf('notice').filter(({ code }) => code === 'learning_rate.set');
    const rateOf = (step: number) =>
      changes.findLast((change) => (change.step as number) < step)?.value ?? 0.01;
    expect(cut).toBeLessThan(72);
    for (const batch of viewer.batches)
      expect([batch.step, batch.learningRate]).toEqual([batch.step, rateOf(batch.step)]);
    expect(viewer.seqs).toEqual(viewer.seqs.map((_, at) => at + 1));
  }, 120_000);

  test('sends a command to the trainer of the named run, while the viewer follows the newest run', async () => {
    startTrainer(['--run-id', 'one', '--epochs', '20']);
    await viewer.until(() => viewer.last?.runId === 'one' && steps() > 0);
    startTrainer(['--run-id', 'two', '--epochs', '20']);
    await viewer.until(() => viewer.last?.runId === 'two' && steps() > 0);
    expect(await viewer.command('stop', {}, { runId: 'one' })).toMatchObject({ ok: true });
    await viewer.until(() => viewer.statuses.get('one')?.status === 'stopped');
    const { runs } = (await (await fetch(`${listening.url}/api/runs`)).json()) as { runs: object[] };
    expect(runs).toMatchObject([
      { runId: 'two', status: 'running', connected: true },
      { runId: 'one', status: 'stopped' },
    ]);
    expect(viewer.last?.runId).toBe('two');
  }, 120_000);

  test('does not resume a run that another trainer has locked', async () => {
    const first = startTrainer(['--run-id', 'run', '--train-size', '12000']); // Its first epoch takes longer than the test.
    await viewer.until(() => steps() > 0);
    const second = startTrainer(['--resume', 'run']);
    expect(await second.ended()).toBe(2);
    expect(second.stderr).toMatch(
      /^expected a run that no other trainer uses, but process \d+ on \S+ holds .*lock/,
    );
    await first.kill('SIGKILL');
    const third = startTrainer(['--resume', 'run']);
    await third.printed('Resumed from the beginning.');
    const lines = readFileSync(join(folder.path, 'run', 'events.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(lines.map((_, at) => at + 1));
  }, 120_000);
});
