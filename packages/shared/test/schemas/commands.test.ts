import { describe, expect, test } from '@jest/globals';
import { commandSchema, ingestFirstMessageSchema, settingBounds, validate } from '../../src/index.ts';
import { optionTable } from '../../src/options/index.ts';

const envelope = { type: 'command', id: 'command-1' };

describe('commandSchema', () => {
  test.each([
    [{ command: 'pause' }, { data: {} }],
    [{ command: 'resume', runId: 'a', token: 'sesame' }, { runId: 'a' }],
    [{ command: 'stop', data: {} }, { data: {} }],
    [{ command: 'start' }, { data: {} }],
    [
      { command: 'start', data: { epochs: 3, augment: true, recipe: 'best' } },
      { data: { epochs: 3, augment: true } },
    ],
    [{ command: 'setLearningRate', data: { learningRate: 0.005 } }, { data: { learningRate: 0.005 } }],
  ])('accepts %p', (given, read) => {
    expect(validate(commandSchema, { ...envelope, ...given })).toMatchObject({ ok: true, value: read });
  });

  test.each([
    [{ command: 'explode' }, 'command'],
    [{ command: 'pause', id: 'short' }, 'id'],
    [{ command: 'pause', runId: '../etc' }, 'runId'],
    [{ command: 'setLearningRate' }, 'data'],
    [{ command: 'setLearningRate', data: { learningRate: 0 } }, 'data.learningRate'],
    [{ command: 'setLearningRate', data: { learningRate: 'NaN' } }, 'data.learningRate'],
    [{ command: 'start', data: { epochs: 0 } }, 'data.epochs'],
    [{ command: 'start', data: { epochs: 1.5 } }, 'data.epochs'],
    [{ command: 'start', data: { engine: 'abacus' } }, 'data.engine'],
  ])('rejects %p', (given, path) => {
    const result = validate(commandSchema, { ...envelope, ...given });
    expect(result).toMatchObject({ ok: false, error: { issues: [{ path }] } });
  });

  test.each([
    [
      { command: 'start', data: { epocs: 3 } },
      {
        path: 'data',
        message: expect.stringMatching(/^unknown setting "epocs": expected only recipe, epochs, /),
      },
    ],
    [
      { command: 'start', data: { epochs: 3, LearningRate: 0.1, batchsize: 2 } },
      { path: 'data', message: expect.stringMatching(/^unknown setting "LearningRate", "batchsize": /) },
    ],
    [
      { command: 'setLearningRate', data: { learningRate: 0.1, from: 7 } },
      { path: 'data', message: 'unknown setting "from": expected only learningRate' },
    ],
    [
      { command: 'stop', data: { why: 'because' } },
      { path: 'data', message: 'unknown setting "why": expected no settings' },
    ],
  ])('refuses unknown settings by name: %j (P-129)', (given, issue) => {
    const result = validate(commandSchema, { ...envelope, ...given });
    expect(result).toMatchObject({ ok: false, error: { issues: [issue] } });
  });

  test.each(Object.entries(settingBounds))(
    'limits %s of the command start as its flag does',
    (name, [min, max]) => {
      const accepts = (value: number) =>
        validate(commandSchema, { ...envelope, command: 'start', data: { [name]: value } }).ok;
      const flag = (value: number) => optionTable[name as keyof typeof settingBounds].parse(String(value));
      for (const value of [min, max]) expect([accepts(value), flag(value)]).toEqual([true, value]);
      for (const value of [min / 2 - 1, max * 2])
        expect([accepts(value), flag(value)]).toEqual([false, undefined]);
    },
  );
});

test('command names of a publisher that the gateway does not know are ignored (P-14)', () => {
  const hello = { type: 'hello', protocol: 1, runId: 'a', publisherId: 'publisher-1' };
  expect(validate(ingestFirstMessageSchema, hello)).toMatchObject({ value: { commands: [] } });
  expect(validate(ingestFirstMessageSchema, { ...hello, commands: ['pause', 'levitate'] })).toMatchObject({
    value: { commands: ['pause'] },
  });
});
