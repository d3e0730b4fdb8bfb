import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { decode, event, type MonitorEvent } from '@mnist-monitor/shared';
import { Program } from './support/processes.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** Nobody listens on port 1. */
const noGateway = ['--gateway', 'ws://127.0.0.1:1/ingest'];
const quick = [
  '--once',
  '--train-size',
  '256',
  '--test-size',
  '40',
  '--batch-size',
  '16',
  '--engine',
  'wasm',
  ...noGateway,
];

describe('the trainer as a program', () => {
  const folder = temporaryFolder();
  const runs = () => join(folder.path, 'runs');
  const events = (runId: string): MonitorEvent[] =>
    readFileSync(join(runs(), runId, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => {
        const result = decode(event, line);
        if (!result.ok) throw new Error(line);
        return result.value;
      });

  test.each<[what: string, args: () => string[], line: RegExp]>([
    [
      'a flag that is none',
      () => ['--epoch', '3'],
      /^--epoch: unknown \(did you mean --epochs\?\); --help lists what there is$/,
    ],
    [
      'a wrong value',
      () => ['--epochs', 'ten'],
      /^--epochs: expected a whole number from 1 to 10000, got "ten"$/,
    ],
    [
      'an address that is none of a gateway',
      () => ['--gateway', '127.0.0.1:5001'],
      /^--gateway: expected an address such as ws:\/\/127.0.0.1:5001\/ingest or \S+, got "127.0.0.1:5001"$/,
    ],
    [
      'more images than there are',
      () => ['--train-size', '60001'],
      /^--train-size: expected at most 60000, the images in the dataset, got 60001$/,
    ],
    [
      'a folder without IDX files',
      () => ['--data', folder.path],
      /train-images-idx3-ubyte: expected an IDX file here/,
    ],
    [
      'a run that is there',
      () => [...quick, '--run-id', 'taken'],
      /^--run-id: expected the id of a new run, but .*taken is there already$/,
    ],
    [
      'a runs folder that cannot be',
      () => [...quick, '--runs', join(folder.path, 'file', 'runs')],
      /^--runs: expected a folder that can be written, got .* \(ENOTDIR\)$/,
    ],
  ])('answers %s with one line and exit code 2, and leaves nothing', async (_what, args, line) => {
    mkdirSync(join(runs(), 'taken'), { recursive: true });
    writeFileSync(join(folder.path, 'file'), '');
    const program = Program.trainer(['--runs', runs(), ...args()]);
    expect(await program.ended()).toBe(2);
    expect(program.stderr.trim().split('\n')).toEqual([expect.stringMatching(line)]);
    expect(program.stdout).toBe('');
    expect(readdirSync(runs())).toEqual(['taken']);
    expect(readdirSync(join(runs(), 'taken'))).toEqual([]);
  });

  test('lists its flags', async () => {
    const program = Program.trainer(['--help']);
    expect(await program.ended()).toBe(0);
    expect(program.stdout).toContain('--batch-size');
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'on %s finishes its step, says that it was interrupted and leaves whole files',
    async (signal, code) => {
      const program = Program.trainer([
        ...quick,
        '--runs',
        runs(),
        '--run-id',
        'cut',
        '--report-interval',
        '0',
      ]);
      await program.printed('images/s');
      program.child.kill(signal);
      expect(await program.ended()).toBe(code);
      expect(program.stdout).toContain(`Run interrupted (stopped by ${signal})`);
      const all = events('cut');
      expect(all.map(({ seq }) => seq)).toEqual(all.map((_, at) => at + 1));
      expect(all.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'interrupted' } });
      const files = readdirSync(join(runs(), 'cut'), { recursive: true });
      expect(files.sort()).toEqual([
        'checkpoint',
        'checkpoint/last.safetensors',
        'events.jsonl',
        'events.out.tfevents.cut',
        'mnist_cnn.safetensors',
        'model',
        'model/model.json',
        'model/weights.bin',
        'run.json',
      ]);
    },
    30_000,
  );

  test('writes down what made the run, without the secret', async () => {
    const args = [...quick, '--train-size', '16', '--epochs', '1', '--runs', runs(), '--run-id', 'run'];
    expect(await Program.trainer(args, { MONITOR_TOKEN: 'a-secret' }).ended()).toBe(0);
    const text = readFileSync(join(runs(), 'run', 'run.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      runId: 'run',
      batchSize: 16,
      device: { engine: 'wasm' },
      versions: { tfjs: '4.22.0' },
    });
    expect(text).not.toContain('a-secret');
  }, 30_000);

  test('without TensorFlow trains on WebAssembly, and says why on the console and in the run', async () => {
    const args = [
      ...quick,
      '--engine',
      'auto',
      '--train-size',
      '16',
      '--epochs',
      '1',
      '--runs',
      runs(),
      '--run-id',
      'run',
    ];
    const program = Program.trainer(args, { XDG_CACHE_HOME: folder.path });
    expect(await program.ended()).toBe(0);
    expect(program.stdout).toMatch(
      /Training on wasm: .*TensorFlow is not installed \(npm run engine installs it\)\./,
    );
    expect(events('run').find(({ type }) => type === 'notice')).toMatchObject({
      data: { code: 'engine.fallback' },
    });
  }, 30_000);

  test('does not train on another engine than the one asked for', async () => {
    const args = ['--engine', 'tensorflow', '--runs', runs()];
    const program = Program.trainer(args, { XDG_CACHE_HOME: folder.path });
    expect(await program.ended()).toBe(2);
    expect(program.stderr).toBe('TensorFlow is not installed (npm run engine installs it)\n');
  }, 30_000);

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
      'Not used: --test-size, --batch-size; run cut goes on as it was begun.\n',
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
