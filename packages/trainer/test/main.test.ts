import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Program } from './support/processes.ts';
import { quick, readEvents } from './support/quick.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

describe('the trainer as a program', () => {
  const folder = temporaryFolder();
  const runs = () => join(folder.path, 'runs');
  const events = (runId: string) => readEvents(runs(), runId);

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
      /^--run-id: expected the id of a new run, but .*taken already exists$/,
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
});
