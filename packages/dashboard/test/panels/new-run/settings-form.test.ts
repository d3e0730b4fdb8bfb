import { describe, expect, it } from '@jest/globals';
import type { Version1EventOf } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  parseSettingError,
  readableStarts,
  settingFields,
  startsOf,
  valuesOfRecipe,
  valuesOfRun,
} from '../../../src/panels/new-run/settings-form.ts';

const [first] = sampleRun();
const started = (first?.type === 'run.started' && first.data) as Version1EventOf<'run.started'>['data'];
const config = { ...started.config, optimizer: 'AdamW (beta 0.9 and 0.999)' };

describe('the form for a new run', () => {
  const formOf = (values: object): Map<string, string> => new Map(Object.entries(values));
  const sent = (values: object): unknown => {
    const form = startsOf(formOf(values), 'sweep');
    return 'starts' in form ? form.starts[0] : form;
  };

  it('has a field with a line of help for each setting of the command start, and the values of a run', () => {
    expect(settingFields.map(({ name }) => name).slice(0, 3)).toEqual([
      'epochs',
      'batchSize',
      'learningRate',
    ]);
    expect(settingFields.every(({ help }) => help !== '')).toBe(true);
    const values = valuesOfRun({ config });
    expect(values).toMatchObject({ learningRate: '0.01', augment: 'off' });
    expect(sent(values)).toEqual({ ...config, optimizer: 'adamw' });
  });

  it('has empty values for settings that are unknown or not a choice of the form', () => {
    const values = valuesOfRun({ config: { ...config, optimizer: 'lion', engine: 'pytorch' } });
    const empty = settingFields.filter(({ name }) => values[name] === '').map(({ name }) => name);
    expect(empty).toEqual(['recipe', 'optimizer', 'engine']);
  });

  it('has the values of a recipe', () => {
    expect(valuesOfRecipe('best')).toEqual({
      ...{ recipe: 'best', epochs: '10', batchSize: '512', learningRate: '0.006', optimizer: 'adamw' },
      ...{ schedule: 'one-cycle', augment: 'on' },
    });
  });

  it('omits empty fields, whose values the trainer chooses', () => {
    expect(
      sent({ epochs: '3', batchSize: '', learningRate: ' 0.005', augment: 'on', engine: 'wasm', seed: '0' }),
    ).toEqual({
      ...{ epochs: 3, learningRate: 0.005, augment: true, engine: 'wasm', seed: 0 },
    });
  });

  it('has a name and tags, without the spaces around them', () => {
    expect(sent({ name: ' wide ', tags: 'a, sweep 3 ,,a', seed: '' })).toEqual({
      name: 'wide',
      tags: ['a', 'sweep 3'],
    });
    expect(sent({ name: ' ', tags: ' ' })).toEqual({});
  });

  it('keeps the number in the name of each start of a list, and the beginning of a long name', () => {
    const form = startsOf(formOf({ name: 'Wide '.repeat(40), learningRate: '0.01; 0.03' }), 'sweep');
    const names = 'starts' in form ? form.starts.map(({ name = '' }) => name) : [];
    expect(names.map((name) => [name.startsWith('Wide Wide '), name.length <= 200])).toEqual([
      [true, true],
      [true, true],
    ]);
    expect(names.map((name) => name.split('… ').at(-1)?.split('…').at(-1))).toEqual([
      ', learning rate 0.01',
      ', learning rate 0.03',
    ]);
  });

  it('makes a start of each number of a list, with a name and a common tag', () => {
    const list = { name: 'Wide', tags: 'talk', epochs: '2', learningRate: '0.001, 0.003;1e-2 0.003' };
    expect(startsOf(formOf(list), 'sweep 10:03')).toEqual({
      varied: 'learningRate',
      starts: [0.001, 0.003, 0.01].map((learningRate) => ({
        ...{
          name: `Wide, learning rate ${learningRate}`,
          tags: ['talk', 'sweep 10:03'],
          epochs: 2,
          learningRate,
        },
      })),
    });
    expect(startsOf(formOf({ seed: '1 2' }), 'x')).toMatchObject({
      starts: [{ name: 'seed 1' }, { name: 'seed 2' }],
    });
  });

  it.each([
    ['0,01; 0,02', [0.01, 0.02]],
    ['0,01 ;0,02;', [0.01, 0.02]],
    ['0.01; 0.02', [0.01, 0.02]],
    ['0.01,0.02', [0.01, 0.02]],
    ['0.01, 0.02,', [0.01, 0.02]],
    ['1e-3,1e-2', [0.001, 0.01]],
  ])('reads the rates in “%s”', (learningRate, expected) => {
    const form = startsOf(formOf({ learningRate }), 'sweep');
    expect('starts' in form && form.starts.map((start) => start.learningRate)).toEqual(expected);
  });

  it.each([
    [
      { learningRate: '0,01' },
      'learningRate',
      'Learning rate: expected numbers such as 0.01, separated by semicolons, got “0,01”.',
    ],
    [
      { learningRate: '0,01, 0,02' },
      'learningRate',
      'Learning rate: expected numbers such as 0.01, separated by semicolons, got “0,01”.',
    ],
    [
      { trainSize: '60,000' },
      'trainSize',
      'Training images: expected numbers such as 60000, separated by semicolons, got “60,000”.',
    ],
    [
      { learningRate: '0.1 1e3' },
      'learningRate',
      'Learning rate: expected a number from 1e-8 to 100, got “1e3”.',
    ],
    [{ epochs: '1.5' }, 'epochs', 'Epochs: expected a whole number from 1 to 10000, got “1.5”.'],
    [{ batchSize: 'many' }, 'batchSize', 'Batch size: expected a whole number from 1 to 60000, got “many”.'],
    [{ epochs: '1 2', seed: '1 2' }, 'seed', 'Only one field may have a list: Epochs has one already.'],
    [
      { seed: Array.from({ length: 51 }, (_, index) => index).join() },
      'seed',
      'Seed: expected at most 50 numbers, got 51.',
    ],
  ])('says what is wrong with %j', (values, name, text) => {
    expect(startsOf(formOf(values), 'sweep')).toEqual({ name, text });
  });

  it('has starts without the fields that have an error, for the warnings about the others', () => {
    expect(readableStarts(formOf({ learningRate: '0,01', seed: 'x', epochs: '900' })).starts).toEqual([
      { epochs: 900 },
    ]);
  });

  it.each([
    ['data.tags.0: Too big.', 'Tags: Too big.', 'tags'],
    ['--train-size: expected at most 60000.', 'Training images: expected at most 60000.', 'trainSize'],
    ['Data.epochs: Too big.', 'Epochs: Too big.', 'epochs'],
    ['--data: no such folder.', '--data: no such folder.', null],
    ['Not while it saves.', 'Not while it saves.', null],
    ['data.constructor: not a setting.', 'data.constructor: not a setting.', null],
  ])('replaces the setting in "%s" by a label of the form', (message, text, name) => {
    expect(parseSettingError(message)).toEqual({ text, name });
  });
});
