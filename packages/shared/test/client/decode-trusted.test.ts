import { describe, expect, test } from '@jest/globals';
import {
  decodeLive,
  decodeTrusted,
  decodeTrustedRunList,
  encode,
  eventSchema,
  type LiveControl,
  liveControlSchema,
  runListSchema,
  validate,
} from '../../src/index.ts';
import { sampleRun, sampleRunOfVersion2 } from '../../src/testing/index.ts';
import { helloFor } from '../support/fake-gateway.ts';

const time = '2026-11-24T10:00:00.000Z';
const run = sampleRun({ epochs: 1, batchesPerEpoch: 7 });
const runOfVersion2 = sampleRunOfVersion2();
const started = run[0]!;

/** Messages of each type other than events. */
const controls: LiveControl[] = [
  helloFor('a'),
  helloFor(null),
  { type: 'live', seq: 3 },
  { type: 'gap', from: 1, to: 2 },
  { type: 'store', state: 'failing', message: 'No space is left.' },
  { type: 'status', runId: 'a', status: 'running', connected: true, commands: ['pause'], viewers: 1 },
  { type: 'trainers', waiting: 0 },
  {
    type: 'annotated',
    runId: 'a',
    title: 'NaN',
    note: 'Infinity',
    pinned: false,
    name: 'NaN',
    tags: ['NaN'],
  },
  { type: 'removed', runId: 'a' },
  { type: 'commandResult', id: 'command-1', ok: true },
  { type: 'heartbeat', time },
];

/** Yields copies of a message as JSON, in each of which another number is replaced by the string "NaN". */
function* copiesWithNaN(message: object): Generator<string> {
  const numbers: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'number') numbers.push(path);
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}/${key}`);
  };
  visit(message, '');
  for (const target of numbers) {
    const replace = (value: unknown, path: string): unknown => {
      if (path === target) return 'NaN';
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value).map(([key, inner]) => [key, replace(inner, `${path}/${key}`)]);
      return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
    };
    yield JSON.stringify(replace(message, ''));
  }
}

describe('decodeTrusted', () => {
  test('reads each message as the schemas do', () => {
    const types = new Set(controls.map(({ type }) => type));
    expect(types.size).toBe(new Set(liveControlSchema.options.map(typeOf)).size);
    for (const message of [...run, ...runOfVersion2, ...controls]) {
      const text = encode(message);
      expect(decodeTrusted(text)).toEqual(decodeLive(text));
      expect(decodeTrusted(text)).toEqual([{ ok: true, value: message }]);
    }
  });

  test('converts the strings NaN and Infinity to numbers in the same fields as the schemas do', () => {
    const notice = { ...started, type: 'notice' };
    const rateSet = { level: 'info', code: 'rate.set', message: 'Infinity', step: 1, value: 1 };
    let comparisons = 0;
    for (const message of [...run, ...runOfVersion2, { ...notice, data: rateSet }])
      for (const text of copiesWithNaN(message)) {
        if (!validate(eventSchema, JSON.parse(text)).ok) continue;
        expect(decodeTrusted(text)).toEqual(decodeLive(text));
        comparisons++;
      }
    expect(comparisons).toBeGreaterThan(100);
  });

  test('leaves out what a publisher leaves out, as the schemas do', () => {
    const data = { config: {} };
    const text = JSON.stringify({ ...started, data });
    expect(decodeTrusted(text)).toEqual([{ ok: true, value: { ...started, data } }]);
    expect(decodeTrusted(text)).toEqual(decodeLive(text));
  });

  test('returns one result for each event of a bundle', () => {
    const wrong = { ...run[1], seq: 'two' };
    const text = encode({ type: 'events', events: [run[0], wrong, run[2]] });
    expect(decodeTrusted(text)).toEqual([
      { ok: true, value: run[0] },
      {
        ok: false,
        error: {
          code: 'message.invalid',
          issues: [{ path: 'seq', message: 'expected an integer' }],
          raw: wrong,
        },
      },
      { ok: true, value: run[2] },
    ]);
  });

  test.each<[string, unknown, string, string]>([
    ['null', null, '', 'expected an object'],
    ['a list', [started], 'type', 'expected a known type of message'],
    ['another version', { ...started, v: 2 }, 'v', 'expected 1'],
    ['a run id that is no string', { ...started, runId: 7 }, 'runId', 'expected a string'],
    ['a seq that is no integer', { ...started, seq: 1.5 }, 'seq', 'expected an integer'],
    ['a time that is no string', { ...started, time: 0 }, 'time', 'expected a string'],
    ['data that is no object', { ...started, data: 'x' }, 'data', 'expected an object'],
    ['a hello without its interval', { type: 'hello' }, 'heartbeatMs', 'expected a number'],
  ])('names the field of %s and what it expects', (_what, raw, path, message) => {
    expect(decodeTrusted(JSON.stringify(raw))).toEqual([
      { ok: false, error: { code: 'message.invalid', issues: [{ path, message }], raw } },
    ]);
  });

  test.each([null, {}, { runs: {} }, { runs: [null] }, { runs: [{ runId: 1 }] }])(
    'expects a list of runs, unlike %j',
    (raw) => {
      const issues = [{ path: 'runs', message: 'expected a list of runs' }];
      expect(decodeTrustedRunList(JSON.stringify(raw))).toMatchObject({ ok: false, error: { issues, raw } });
    },
  );

  test.each([
    ['text that is not JSON', '{', 'message.malformed', ''],
    ['null', 'null', 'message.invalid', ''],
    ['an unknown type', '{"type":"weather"}', 'message.invalid', 'type'],
    ['a message without a type', '{"v":1}', 'message.invalid', 'type'],
    ['another version', encode({ ...started, v: 2 }), 'message.invalid', 'v'],
    ['a run id that is no string', encode({ ...started, runId: 7 }), 'message.invalid', 'runId'],
    ['a time that is no string', encode({ ...started, time: 0 }), 'message.invalid', 'time'],
    ['an event without data', encode({ ...started, data: undefined }), 'message.invalid', 'data'],
    ['a hello without a heartbeat', '{"type":"hello"}', 'message.invalid', 'heartbeatMs'],
  ])('reports %s', (_, text, code, path) => {
    expect(decodeTrusted(text)).toEqual([
      { ok: false, error: expect.objectContaining({ code, issues: [expect.objectContaining({ path })] }) },
    ]);
  });
});

describe('decodeTrustedRunList', () => {
  test('reads runs as the schema does', () => {
    const batch = { ...run.find(({ type }) => type === 'batch')!.data, loss: Number.NaN };
    const runs = [{ ...runOf(helloFor('a')), batch, started: started.data }, runOf(helloFor('b'))];
    const text = encode({ total: 2, runs, nextCursor: null });
    const schemaResult = validate(runListSchema, JSON.parse(text));
    expect(schemaResult.ok && schemaResult.value.runs).toEqual(runs);
    expect(decodeTrustedRunList(text)).toEqual({ ok: true, value: { total: 2, runs, nextCursor: null } });
  });

  test.each([['{'], ['null'], ['{}'], ['{"runs":{}}'], ['{"runs":[{}]}']])('reports %s', (text) => {
    expect(decodeTrustedRunList(text)).toMatchObject({ ok: false });
  });
});

const runOf = (hello: LiveControl) => (hello as Extract<LiveControl, { type: 'hello' }>).run;

// biome-ignore lint/suspicious/noExplicitAny: the options of the union differ in depth.
const typeOf = (option: any): string => option.shape?.type.value ?? typeOf(option.options[0]);
