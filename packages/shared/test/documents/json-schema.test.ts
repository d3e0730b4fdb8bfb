import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import { allMessages, bundledJsonSchema } from '../../src/documents/index.ts';
import { encode, type MonitorEvent } from '../../src/index.ts';
import { patternsIn, sampleRun } from '../../src/testing/index.ts';

// From dist/test/documents of this package.
const folder = new URL('../../../../../docs/schema/', import.meta.url);

const read = (name: string): object => JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
const compile = (name: string): ValidateFunction =>
  new Ajv2020({ strict: true, formats: { 'date-time': true } }).compile(read(name));
/** Returns a message as a program in another language reads it from the JSON. */
const received = (message: object): unknown => JSON.parse(encode(message));

test.each(readdirSync(folder))(
  'a strict validator that knows only the format date-time accepts %s',
  (file) => {
    expect(compile(file.replace('.json', ''))).toBeInstanceOf(Function);
  },
);

// RE2's syntax is that of Go, Rust and many validators. It has no lookahead, no lookbehind and no backreferences.
test.each(readdirSync(folder))('every pattern of %s is a regular expression of RE2', (file) => {
  for (const pattern of patternsIn(read(file.replace('.json', ''))))
    expect(() => RE2JS.compile(pattern)).not.toThrow();
});

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

describe('the bundle of all JSON Schemas', () => {
  const bundle = bundledJsonSchema();
  const validator = new Ajv2020({ strict: true, formats: { 'date-time': true } }).addSchema(bundle);
  const validatorOf = (name: string): ValidateFunction =>
    validator.getSchema(`${bundle.$id}#/$defs/${name}`)!;
  const events = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 }).map(received);

  test('defines every message, with its summary', () => {
    for (const { name, summary } of allMessages())
      expect([name, bundle.$defs![name]?.description]).toEqual([name, summary]);
  });

  test('accepts every event as a message of the feed and of a publisher', () => {
    for (const name of ['Event', 'LiveGatewayMessage', 'IngestClientMessage'])
      expect(events.filter((event) => !validatorOf(name)(event))).toEqual([]);
    expect(events.filter((event) => !validator.validate(bundle.$id!, event))).toEqual([]);
  });

  test('accepts only events in an `events` message, and at least one', () => {
    const isValid = validatorOf('Events');
    expect(isValid({ type: 'events', events })).toBe(true);
    expect(isValid({ type: 'events', events: [] })).toBe(false);
    expect(isValid({ type: 'events', events: [...events, { type: 'batch' }] })).toBe(false);
    expect(compile('events')({ type: 'events', events: [...events, { type: 'batch' }] })).toBe(false);
  });

  test('separates the senders: only a viewer sends commands on the live feed', () => {
    const command = { type: 'command', id: '5f0c9d1e', command: 'pause' };
    expect(validatorOf('Command')(command)).toBe(true);
    expect(validatorOf('LiveGatewayMessage')(command)).toBe(false);
  });
});

test('the JSON Schemas refuse the run ids that the gateway refuses', () => {
  const isValid = compile('removed');
  const runs = ['a', 'latest-1', 'latest', '-a', 'a'.repeat(65)].map((runId) =>
    isValid({ type: 'removed', runId }),
  );
  expect(runs).toEqual([true, true, false, false, false]);
});
