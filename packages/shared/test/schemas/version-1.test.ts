import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import {
  encode,
  eventSchema,
  type MonitorEvent,
  validate,
  version1EventSchema,
  version1IngestMessageSchema,
  versionOfEvent,
} from '../../src/index.ts';
import { sampleRun, sampleRunOfVersion2 } from '../../src/testing/index.ts';

type Json = unknown;

/** The bounds of a schema of numbers or texts, as JSON Schema names them. */
interface Bounds {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** Generates JSON that a schema of version 1 accepts, with values at the bounds among it. */
function valuesOf(schema: z.ZodType): fc.Arbitrary<Json> {
  if (schema instanceof z.ZodNullable)
    return fc.oneof(fc.constant(null), valuesOf(schema.unwrap() as z.ZodType));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return fc.oneof(fc.constant(undefined), valuesOf(schema.unwrap() as z.ZodType));
  if (schema instanceof z.ZodPipe) return valuesOf(schema.in as z.ZodType);
  if (schema instanceof z.ZodUnion) return fc.oneof(...(schema.options as z.ZodType[]).map(valuesOf));
  if (schema instanceof z.ZodLiteral) return fc.constant(schema.value);
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodObject)
    return fc.record(
      Object.fromEntries(
        Object.entries(schema.shape).map(([key, part]) => [key, valuesOf(part as z.ZodType)]),
      ),
    );
  const bounds = z.toJSONSchema(schema, { io: 'input' }) as Bounds;
  if (schema instanceof z.ZodArray) {
    const { minItems: minLength = 0, maxItems: maxLength = 5 } = bounds;
    const length = { minLength, maxLength: Math.min(maxLength, Math.max(minLength, 3)) };
    const item = valuesOf(schema.element as z.ZodType);
    return fc.oneof(
      fc.array(item, length),
      item.map((one) => Array(maxLength).fill(one)),
    );
  }
  if (schema instanceof z.ZodNumber) {
    const isInteger = schema.format === 'safeint';
    const min = bounds.minimum ?? (bounds.exclusiveMinimum === undefined ? -1e300 : isInteger ? 1 : 1e-300);
    const max = bounds.maximum ?? 1e300;
    if (!isInteger) return fc.oneof(fc.constantFrom(min, max), fc.double({ min, max, noNaN: true }));
    const [from, to] = [Math.max(min, Number.MIN_SAFE_INTEGER), Math.min(max, Number.MAX_SAFE_INTEGER)];
    return fc.oneof(fc.constantFrom(from, to), fc.integer({ min: from, max: to }));
  }
  if (schema instanceof z.ZodBase64) return fc.constant('A'.repeat(bounds.maxLength ?? 4));
  if (schema instanceof z.ZodISODateTime) return fc.constant('2026-11-24T10:00:00.000Z');
  if (schema instanceof z.ZodString) {
    if ('pattern' in bounds) return fc.constantFrom('a', `R-_.${'9'.repeat(60)}`);
    const { minLength = 0, maxLength = 10 } = bounds;
    return fc.oneof(
      fc.string({ minLength, maxLength: Math.min(maxLength, 20) }),
      fc.constantFrom('x'.repeat(maxLength), '\u0001'.repeat(minLength)),
    );
  }
  throw new TypeError(`expected a schema of a known kind, got ${schema.constructor.name}`);
}

describe('each event of version 1 is an event of the current version', () => {
  test.each(version1EventSchema.options.map((option) => [option.shape.type.value, option] as const))(
    'for generated %s events, with values at the bounds (P-38)',
    (_type, schema) => {
      fc.assert(
        fc.property(valuesOf(schema), (generated) => {
          const raw = JSON.parse(JSON.stringify(generated));
          expect(validate(version1EventSchema, raw)).toMatchObject({ ok: true });
          expect(validate(eventSchema, raw)).toMatchObject({ ok: true });
        }),
        { numRuns: 100 },
      );
    },
    60_000,
  );

  test('for a recorded run, without a change (P-38)', () => {
    for (const event of sampleRun())
      expect(validate(eventSchema, JSON.parse(encode(event)))).toEqual({ ok: true, value: event });
  });
});

/** An event of each type of version 1, with every field that it may have. */
const examples = (() => {
  const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 7 });
  const gpu = { name: 'a', memoryBytes: 1, driver: 'b', computeCapability: '9.0' };
  const load = {
    load: 0.5,
    memoryUsedBytes: 1,
    memoryTotalBytes: 2,
    temperatureCelsius: 50,
    powerWatts: 100,
  };
  const more: Record<string, (data: Record<string, object>) => object> = {
    'run.started': (data) => ({
      ...data,
      device: { ...data.device, gpu, precision: 'bfloat16', precisionReason: 'it is faster' },
    }),
    system: (data) => ({ ...data, gpu: load }),
  };
  const notice = { level: 'info', code: 'a.b', message: 'c', step: 1, value: 2 };
  const events: { type: string; data: object }[] = [...run, { ...run[0]!, type: 'notice', data: notice }];
  return new Map(
    events.map((event) => {
      const data = more[event.type]?.(event.data as Record<string, object>) ?? event.data;
      return [event.type, { ...event, data }];
    }),
  );
})();

type Path = readonly (string | number)[];

/** Returns the path of each field in a value. The items of a list have the same fields, so only those of the first are returned. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return pathsIn(value[0], [...path, 0]);
  return Object.entries(value).flatMap(([name, each]) => [
    [...path, name],
    ...pathsIn(each, [...path, name]),
  ]);
}

/** Returns a copy of the example of a type with another value at a path; undefined removes the field. */
function changed(type: string, path: Path, value: unknown): unknown {
  const event = structuredClone(examples.get(type)!);
  let parent = event as unknown as Record<string | number, unknown>;
  for (const name of path.slice(0, -1)) parent = parent[name] as typeof parent;
  const last = path.at(-1)!;
  if (!(last in parent)) throw new Error(`expected ${path.join('.')} in ${type}`);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return event;
}

const isOfVersion1 = (raw: unknown): boolean => validate(version1EventSchema, raw).ok;

describe('an event of version 1', () => {
  const optional = [
    ...['config.augment', 'device.precision', 'device.precisionReason'].map(
      (name) => `run.started data.${name}`,
    ),
    'notice data.value',
  ];
  const nullable = [
    ...['threads', 'gpu', 'gpu.memoryBytes', 'gpu.driver', 'gpu.computeCapability'].map(
      (name) => `run.started data.device.${name}`,
    ),
    'batch data.etaSeconds',
    ...['gpu', 'gpu.load', 'gpu.memoryUsedBytes', 'gpu.memoryTotalBytes'].map(
      (name) => `system data.${name}`,
    ),
    ...['gpu.temperatureCelsius', 'gpu.powerWatts'].map((name) => `system data.${name}`),
    'notice data.step',
    ...['test', 'bestEpoch'].map((name) => `run.finished data.${name}`),
  ];

  test.each([...examples.keys()])('of type %s has all fields, of which only some may be null', (type) => {
    const example = examples.get(type);
    expect(isOfVersion1(example)).toBe(true);
    const accepted = (value: unknown) =>
      pathsIn(example)
        .filter((path) => isOfVersion1(changed(type, path, value)))
        .map((path) => `${type} ${path.join('.')}`);
    const ofType = (names: string[]) => names.filter((name) => name.startsWith(`${type} `)).sort();
    expect(accepted(undefined).sort()).toEqual(ofType(optional));
    expect(accepted(null).sort()).toEqual(ofType(nullable));
  });

  const layer = { name: 'a', type: 'b', outputShape: [1], parameters: 0 };
  const item = (examples.get('samples')!.data as { items: object[] }).items[0]!;
  const config = ['data', 'config'];
  const device = ['data', 'device'];
  const firstItem = ['data', 'items', 0];

  test.each<[string, Path, unknown[], unknown[]]>([
    ['run.started', [...config, 'epochs'], [1], [0, 1.5]],
    ['run.started', [...config, 'batchSize'], [1], [0]],
    ['run.started', [...config, 'learningRate'], [1e-9], [0, -1]],
    ['run.started', [...config, 'optimizer'], ['a', 'a'.repeat(200)], ['', 'a'.repeat(201)]],
    ['run.started', [...config, 'seed'], [0, -7], [0.5]],
    ['run.started', [...config, 'trainSize'], [1], [0]],
    ['run.started', [...config, 'testSize'], [1], [0]],
    ['run.started', [...device, 'kind'], ['cpu', 'gpu'], ['tpu', '']],
    ['run.started', [...device, 'threads'], [1], [0]],
    ['run.started', [...device, 'reason'], ['', 'a'.repeat(2_000)], ['a'.repeat(2_001)]],
    ['run.started', [...device, 'gpu', 'memoryBytes'], [0], [-1]],
    [
      'run.started',
      ['data', 'model', 'layers'],
      [[layer], Array(200).fill(layer)],
      [[], Array(201).fill(layer)],
    ],
    [
      'run.started',
      ['data', 'model', 'layers', 0, 'outputShape'],
      [[1], [1, 2, 3, 4]],
      [[], [0], [1, 2, 3, 4, 5]],
    ],
    ['run.started', ['data', 'model', 'parameters'], [0], [-1]],
    [
      'run.started',
      ['data', 'dataset', 'classes'],
      [Array(10).fill('a')],
      [Array(9).fill('a'), Array(11).fill('a')],
    ],
    ['run.started', ['data', 'totals', 'steps'], [1], [0]],
    ['run.started', ['data', 'totals', 'batchesPerEpoch'], [1], [0]],
    ['batch', ['data', 'step'], [1], [0]],
    ['batch', ['data', 'epoch'], [1], [0]],
    ['batch', ['data', 'batch'], [1], [0]],
    ['batch', ['data', 'accuracy'], ['NaN', 93], ['high']],
    ['batch', ['data', 'elapsedSeconds'], [0], [-1]],
    ['batch', ['data', 'etaSeconds'], [0], [-1]],
    ['epoch', ['data', 'step'], [1], [0]],
    ['epoch', ['data', 'seconds'], [0], [-1]],
    [
      'epoch',
      ['data', 'test', 'perClass'],
      [Array(10).fill(null)],
      [Array(9).fill(1), Array(11).fill(1), Array(10).fill(2)],
    ],
    [
      'epoch',
      ['data', 'test', 'confusion'],
      [Array(10).fill(Array(10).fill(0))],
      [Array(9).fill(Array(10).fill(0)), Array(10).fill(Array(9).fill(0))],
    ],
    ['samples', ['data', 'items'], [[], Array(100).fill(item)], [Array(101).fill(item)]],
    ['samples', [...firstItem, 'label'], [0, 9], [-1, 10, 0.5]],
    ['samples', [...firstItem, 'prediction'], [0, 9], [-1, 10]],
    [
      'samples',
      [...firstItem, 'probabilities'],
      [Array(10).fill('NaN')],
      [Array(9).fill(0), Array(11).fill(0)],
    ],
    ['samples', [...firstItem, 'image'], ['A'.repeat(1_048)], ['A'.repeat(1_044), 'A'.repeat(1_052)]],
    ['system', ['data', 'process', 'cpu'], [0, 12], [-1]],
    ['system', ['data', 'host', 'cpu'], [0, 1], [-0.1, 1.1]],
    ['system', ['data', 'gpu', 'load'], [0, 1], [-0.1, 1.1]],
    ['notice', ['data', 'level'], ['info', 'warning', 'error'], ['fatal', '']],
    ['notice', ['data', 'step'], [0], [-1]],
    ['run.finished', ['data', 'status'], ['completed', 'stopped', 'failed', 'interrupted'], ['running', '']],
    ['run.finished', ['data', 'bestEpoch'], [1], [0]],
    ['run.finished', ['data', 'files'], [[], Array(100).fill('a')], [Array(101).fill('a')]],
  ])('of type %s has bounds for %j, which never change', (type, path, valid, invalid) => {
    const areOfVersion1 = (values: unknown[]) =>
      values.map((value) => isOfVersion1(changed(type, path, value)));
    expect(areOfVersion1(valid)).toEqual(valid.map(() => true));
    expect(areOfVersion1(invalid)).toEqual(invalid.map(() => false));
  });

  test('or the answer to a command is what a publisher of version 1 may send', () => {
    const answer = { type: 'commandResult', id: 'command-1', ok: true };
    const messages = [...examples.values(), answer].map(
      (raw) => validate(version1IngestMessageSchema, raw).ok,
    );
    expect(messages).toEqual([...examples.keys(), 'answer'].map(() => true));
    for (const raw of [
      { ...answer, type: 'metrics' },
      changed('batch', ['data', 'step'], 0),
      { type: 'hello' },
    ])
      expect(validate(version1IngestMessageSchema, raw).ok).toBe(false);
  });
});

describe('the version that a run with an event needs', () => {
  test('is 1 for each event of version 1', () => {
    for (const event of [...examples.values(), ...sampleRun()]) expect(versionOfEvent(event)).toBe(1);
  });

  test.each<[string, unknown]>([
    ['a batch without an accuracy', changed('batch', ['data', 'accuracy'], undefined)],
    ['a first step numbered 0', changed('batch', ['data', 'step'], 0)],
    [
      'a data set of eleven classes',
      changed('run.started', ['data', 'dataset', 'classes'], Array(11).fill('a')),
    ],
    ['an end without a test', changed('run.finished', ['data', 'test'], undefined)],
  ])('is 2 with %s', (_, event) => {
    expect(versionOfEvent(event)).toBe(2);
  });

  test('is 1 with an event of a type that version 1 lacks, since its viewers are not sent these', () => {
    const isNew = ({ type }: MonitorEvent): boolean => !examples.has(type);
    const added = sampleRunOfVersion2().filter(isNew);
    expect(new Set(added.map(({ type }) => type)).size).toBe(5);
    expect(added.map(versionOfEvent)).toEqual(added.map(() => 1));
  });
});
