import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { messageJsonSchemas } from '../../src/documents/index.ts';
import { encode, type MonitorEvent } from '../../src/index.ts';
import { sampleRun } from '../../src/testing/index.ts';

// From dist/test/documents of this package.
const folder = new URL('../../../../../docs/schema/', import.meta.url);

const read = (name: string): object => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
const compile = (name: string): ValidateFunction =>
  new Ajv2020({ formats: { 'date-time': true } }).compile(read(name));
/** Returns a message as a program in another language reads it from the JSON. */
const received = (message: object): unknown => JSON.parse(encode(message));

test('docs/schema is up to date; if this fails, run `npm run schema`', () => {
  const schemas = messageJsonSchemas();
  expect(readdirSync(folder).sort()).toEqual([...Object.keys(schemas).map((name) => `${name}.json`)].sort());
  for (const [name, schema] of Object.entries(schemas)) expect(read(name)).toEqual(schema);
});

test.each(readdirSync(folder))(
  'a strict validator that knows only the format date-time accepts %s',
  (file) => {
    expect(compile(file.replace('.json', ''))).toBeInstanceOf(Function);
  },
);

describe('the JSON Schemas of events', () => {
  const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 });
  const byType = new Map(run.map((event) => [event.type, event]));

  test.each([...byType.values()].map((event) => [event.type, event] as const))(
    'accept a %s event, but not without its data or with seq 0',
    (type, event) => {
      const isValid = compile(type.replace('.', '-'));
      expect(isValid(received(event))).toBe(true);
      expect(isValid({ ...event, data: {} })).toBe(false);
      expect(isValid({ ...event, seq: 0 })).toBe(false);
    },
  );

  test('accept NaN as a loss', () => {
    const { data, ...envelope } = byType.get('batch') as Extract<MonitorEvent, { type: 'batch' }>;
    const isValid = compile('batch');
    expect(isValid(received({ ...envelope, data: { ...data, loss: Number.NaN } }))).toBe(true);
    expect(isValid({ ...envelope, data: { ...data, loss: 'high' } })).toBe(false);
  });
});

test('the JSON Schema of commands accepts a command only with its own data', () => {
  const isValid = compile('command');
  const command = { type: 'command', id: '5f0c9d1e', command: 'setLearningRate' };
  expect(isValid({ ...command, data: { learningRate: 0.1 } })).toBe(true);
  expect(isValid({ ...command, data: { learningRate: -1 } })).toBe(false);
  expect(isValid({ ...command, command: 'explode' })).toBe(false);
});
