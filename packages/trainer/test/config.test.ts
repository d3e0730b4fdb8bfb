import { describe, expect, test } from '@jest/globals';
import { readConfig, unusedFlags, withSettings } from '../src/config.ts';

describe('readConfig', () => {
  test('has the defaults of the original project: 10 epochs, batch size 512, learning rate 0.01', () => {
    expect(readConfig([], {})).toMatchObject({
      epochs: 10,
      batchSize: 512,
      learningRate: 0.01,
      engine: 'auto',
    });
  });

  test.each([
    [['--recipe', 'sprint'], { network: 'sprint', epochs: 2, batchSize: 256, optimizer: 'adamw' }],
    [['--recipe', 'sprint', '--epochs', '1'], { network: 'sprint', epochs: 1, batchSize: 256 }],
    [['--recipe', 'best', '--batch-size', '64'], { network: 'original', epochs: 10, batchSize: 64 }],
  ])('takes from the recipe of %j what no other flag sets', (args, expected) => {
    expect(readConfig(args, {})).toMatchObject(expected);
  });

  test('publishes to this machine by default', () => {
    expect(readConfig(['--ingest-port', '6001'], {}).gatewayUrl).toBe('ws://127.0.0.1:6001/ingest');
    const url = 'ws://gateway:5001/ingest';
    expect(readConfig([], { MONITOR_GATEWAY: url }).gatewayUrl).toBe(url);
  });

  test('refuses an address without a scheme', () => {
    expect(() => readConfig(['--gateway', '127.0.0.1:5001'], {})).toThrow(
      /^--gateway: expected an address such as ws:\/\/127.0.0.1:5001\/ingest or \S+, got "127.0.0.1:5001"$/,
    );
  });

  test('generates a run id unless one is given', () => {
    expect(readConfig([], {}).runId).toMatch(/^\d{8}-\d{6}-[a-z0-9]{4}$/);
    expect(readConfig(['--run-id', 'mine'], {}).runId).toBe('mine');
  });

  test('contains only options of the trainer', () => {
    expect(Object.keys(readConfig([], {}))).not.toContain('port');
  });
});

describe('unusedFlags', () => {
  const { recipe, network, epochs, batchSize, optimizer, schedule, learningRate, augment, seed } = readConfig(
    ['--epochs', '3'],
    {},
  );
  const precision = 'float32' as const;
  const images = { trainSize: undefined, testSize: undefined, data: undefined };
  const classNames = ['0', '1'];
  const others = { classes: undefined, classNames, name: undefined, tag: ['a'] };
  const settings = {
    recipe,
    network,
    epochs,
    batchSize,
    optimizer,
    schedule,
    learningRate,
    augment,
    seed,
    precision,
    inside: 'on' as const,
    ...images,
    ...others,
  };

  test.each<[args: string[], unused: string[]]>([
    [[], []],
    [['--epochs', '3', '--run-id', 'run', '--recipe', 'default'], []],
    [['--epochs', '3', '--recipe', 'sprint'], ['--recipe']],
    [['--engine', 'wasm', '--threads', '1', '--once'], []],
    [
      ['--epochs', '10', '--batch-size', '64', '--run-id', 'other'],
      ['--epochs', '--batch-size', '--run-id'],
    ],
    [['--train-size', '256'], ['--train-size']],
    [['--precision', 'auto'], ['--precision']],
    [['--recipe', 'best'], ['--recipe']],
    [['--inside', 'on'], []],
    [['--inside', 'off'], ['--inside']],
    [['--classes', 'names.txt', '--tag', 'a'], ['--classes']],
    [
      ['--name', 'Other', '--tag', 'b'],
      ['--name', '--tag'],
    ],
  ])('with the flags %j returns %j', (args, unused) => {
    expect(unusedFlags(readConfig(args, {}), { runId: 'run', settings })).toEqual(unused);
  });
});

describe('withSettings', () => {
  const config = readConfig(['--epochs', '3', '--optimizer', 'adam', '--run-id', 'first'], {});

  test('replaces the given settings and the run id, and keeps the rest', () => {
    const next = withSettings(config, { batchSize: 64, seed: undefined });
    expect(next).toEqual({
      ...config,
      batchSize: 64,
      runId: expect.stringMatching(/^\d{8}-\d{6}-[a-z0-9]{4}$/),
    });
  });

  test('applies all settings of a recipe, except those that are given separately', () => {
    const next = withSettings(config, { recipe: 'sprint', learningRate: 0.02 });
    expect(next).toMatchObject({
      ...{ recipe: 'sprint', network: 'sprint', epochs: 2, batchSize: 256 },
      ...{ optimizer: 'adamw', schedule: 'one-cycle', learningRate: 0.02 },
    });
  });
});
