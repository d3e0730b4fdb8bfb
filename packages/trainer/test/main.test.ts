import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { hasTensorflow } from './support/engines.ts';
import { acceptingGateway } from './support/fake-gateway.ts';
import { Program } from './support/processes.ts';
import { readEvents, shortRun } from './support/short-run.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const withTensorflow = hasTensorflow ? test : test.skip;

describe('the trainer as a program', () => {
  const folder = temporaryFolder();
  const gateway = acceptingGateway();
  const runs = () => join(folder.path, 'runs');
  const train = (args: string[], env?: NodeJS.ProcessEnv): Program =>
    Program.trainer([...shortRun, ...gateway.flags, '--runs', runs(), ...args], env);

  test.each<[what: string, args: () => string[], line: RegExp]>([
    [
      'an unknown flag',
      () => ['--epoch', '3'],
      /^--epoch: unknown \(did you mean --epochs\?\); --help lists all options$/,
    ],
    [
      'more images than the dataset has',
      () => ['--train-size', '60001'],
      /^--train-size: expected at most 60000, the images in the dataset, got 60001$/,
    ],
    [
      'a folder without IDX files',
      () => ['--data', folder.path],
      /^--data: expected train-images-idx3-ubyte, .* in .*, found file, runs$/,
    ],
    [
      'the id of an existing run',
      () => ['--run-id', 'taken'],
      /^--run-id: expected the id of a new run, but .*taken already exists$/,
    ],
    [
      'a runs folder that cannot be created',
      () => ['--runs', join(folder.path, 'file', 'runs')],
      /^--runs: expected a folder that can be written, got .* \(ENOTDIR\)$/,
    ],
  ])('answers %s with one line and exit code 2, and writes nothing (P-233)', async (_what, args, line) => {
    mkdirSync(join(runs(), 'taken'), { recursive: true });
    writeFileSync(join(folder.path, 'file'), '');
    const program = train(args());
    expect(await program.ended()).toBe(2);
    expect(program.stderr.trim().split('\n')).toEqual([expect.stringMatching(line)]);
    expect(program.stdout).toBe('');
    expect(readdirSync(runs())).toEqual(['taken']);
    expect(readdirSync(join(runs(), 'taken'))).toEqual([]);
  });

  withTensorflow(
    'trains in bfloat16 without a line of TensorFlow on the console',
    async () => {
      const flags = ['--engine', 'tensorflow', '--precision', 'bfloat16', '--epochs', '1', '--run-id', 'run'];
      const program = train(flags, { TF_CPP_MIN_LOG_LEVEL: undefined });
      expect(await program.ended()).toBe(0);
      expect(program.stderr).toBe('');
      const [started] = readEvents(runs(), 'run');
      expect(started).toMatchObject({ data: { device: { precision: 'bfloat16' } } });
    },
    60_000,
  );

  const onPosix = process.platform === 'win32' ? test.skip : test;

  onPosix('reads the width of the terminal again when it continues after Ctrl-Z', async () => {
    const listener = "data:text/javascript,process.on('SIGWINCH',()=>console.log('width read'))";
    const program = train(['--epochs', '1000'], { NODE_OPTIONS: `--import=${encodeURI(listener)}` });
    await program.printed('images/s');
    program.child.kill('SIGSTOP');
    program.child.kill('SIGCONT');
    await program.printed('width read');
    program.child.kill('SIGTERM');
    expect(await program.ended()).toBe(143);
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
    'finishes its step on %s, reports the interruption and leaves complete files',
    async (signal, code) => {
      const program = train(['--run-id', signal]);
      await program.printed('images/s');
      program.child.kill(signal);
      expect(await program.ended()).toBe(code);
      expect(program.stdout).toContain(`Run interrupted (stopped by ${signal})`);
      const events = readEvents(runs(), signal);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
      expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'interrupted' } });
      const files = readdirSync(join(runs(), signal), { recursive: true });
      const names = files.map((file) => String(file).replace(/[0-9a-f]{64}/, 'DIGEST'));
      expect([...new Set(names)].sort()).toEqual([
        'checkpoint',
        'checkpoint/last.safetensors',
        'events.jsonl',
        `events.out.tfevents.${signal}`,
        'mnist_cnn.safetensors',
        'model',
        'model/model.json',
        'model/weights.bin',
        'run.json',
        'snapshots',
        'snapshots/DIGEST.safetensors',
        'test-images',
        'test-images/DIGEST.bin',
      ]);
    },
    30_000,
  );

  test('stores the settings of the run, without the token (S-28)', async () => {
    const program = train(['--train-size', '16', '--epochs', '1', '--run-id', 'stored'], {
      MONITOR_TOKEN: 'a-secret-of-the-publisher',
    });
    expect(await program.ended()).toBe(0);
    const text = readFileSync(join(runs(), 'stored', 'run.json'), 'utf8');
    const { device, versions, ...settings } = JSON.parse(text);
    expect(device).toMatchObject({ engine: 'wasm' });
    expect(versions).toMatchObject({ tfjs: '4.22.0' });
    expect(settings).toMatchObject({ runId: 'stored', batchSize: 4 });
    // Each of these is a setting that a resumed run keeps; options of the process, such as its addresses, are left out.
    expect(Object.keys(settings).sort()).toEqual([
      ...['augment', 'batchSize', 'classNames', 'epochs', 'inside', 'learningRate', 'network', 'optimizer'],
      ...['precision', 'recipe', 'runId', 'schedule', 'seed', 'testSize', 'trainSize'],
    ]);
    expect(text).not.toContain('a-secret-of-the-publisher');
  }, 30_000);

  test('trains on WebAssembly in float32 without TensorFlow, and gives the reasons on the console and in the run', async () => {
    const sizes = ['--train-size', '16', '--epochs', '1', '--run-id', 'fallback'];
    const program = train(['--engine', 'auto', '--precision', 'bfloat16', '--threads', '2', ...sizes], {
      XDG_CACHE_HOME: folder.path,
    });
    expect(await program.ended()).toBe(0);
    expect(program.stdout).toMatch(
      /Training on wasm: .*TensorFlow is not installed \(npm run engine installs it\)\./,
    );
    expect(program.stdout).toContain('Training in float32: the engine wasm has no bfloat16.');
    const notices = readEvents(runs(), 'fallback').filter(({ type }) => type === 'notice');
    expect(notices).toMatchObject([
      { data: { code: 'engine.fallback' } },
      { data: { code: 'precision.fallback' } },
    ]);
  }, 30_000);

  test('does not replace a chosen engine that is not installed', async () => {
    const program = train(['--engine', 'tensorflow'], { XDG_CACHE_HOME: folder.path });
    expect(await program.ended()).toBe(2);
    expect(program.stderr).toBe('TensorFlow is not installed (npm run engine installs it)\n');
  }, 30_000);
});
