import { describe, expect, it } from '@jest/globals';
import type { Version1EventOf } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { parseSettingError, settingFields, startDataOf } from '../../../src/panels/new-run/settings-form.ts';

const [first] = sampleRun();
const started = (first?.type === 'run.started' && first.data) as Version1EventOf<'run.started'>['data'];
const config = { ...started.config, optimizer: 'AdamW (beta 0.9 and 0.999)' };

describe('the form for a new run', () => {
  it('has a field for each setting of the command start, filled as in the run shown', () => {
    const fields = settingFields({ ...started, config });
    expect(fields.map(({ name }) => name).slice(0, 3)).toEqual(['epochs', 'batchSize', 'learningRate']);
    expect(fields.find(({ name }) => name === 'learningRate')).toMatchObject({
      kind: 'number',
      value: '0.01',
      max: 100,
    });
    expect(startDataOf(fields.map(({ name, value }) => [name, value]))).toEqual({
      ...config,
      optimizer: 'adamw',
    });
  });

  it('leaves fields empty whose value is unknown or is not a choice of the form', () => {
    expect(settingFields(null).every(({ value }) => value === '')).toBe(true);
    const foreign = settingFields({
      ...started,
      config: { ...config, optimizer: 'lion', engine: 'pytorch' },
    });
    const empty = foreign.filter(({ value }) => value === '').map(({ name }) => name);
    expect(empty).toEqual(['recipe', 'optimizer', 'engine']);
  });

  it('omits empty fields, whose values the trainer chooses', () => {
    const filled = {
      epochs: '3',
      batchSize: '',
      learningRate: '0.005',
      augment: 'on',
      engine: 'wasm',
      seed: '0',
    };
    expect(startDataOf(Object.entries(filled))).toEqual({
      ...{ epochs: 3, learningRate: 0.005, augment: true, engine: 'wasm', seed: 0 },
    });
  });

  it('has a name and tags, without the spaces around them', () => {
    const filled = { name: ' wide ', tags: 'a, sweep 3 ,,a', seed: '' };
    expect(startDataOf(Object.entries(filled))).toEqual({ name: 'wide', tags: ['a', 'sweep 3'] });
    expect(startDataOf(Object.entries({ name: ' ', tags: ' ' }))).toEqual({});
  });

  it.each([
    ['data.tags.0: Too big.', 'Tags: Too big.', 'tags'],
    ['--train-size: expected at most 60000.', 'Training images: expected at most 60000.', 'trainSize'],
    ['Data.epochs: Too big.', 'Epochs: Too big.', 'epochs'],
    ['--data: no such folder.', '--data: no such folder.', null],
    ['Not while it saves.', 'Not while it saves.', null],
  ])('replaces the setting in "%s" by a label of the form', (message, text, name) => {
    expect(parseSettingError(message)).toEqual({ text, name });
  });
});
