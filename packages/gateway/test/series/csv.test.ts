import { expect, test } from '@jest/globals';
import { eventDataSchemas, type MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { z } from 'zod';
import { csvTable } from '../../src/series/csv.ts';

const run = sampleRun({ epochs: 1, batchesPerEpoch: 7 });
const { header: csvHeader, row: csvRow } = csvTable();
const names = csvHeader.trimEnd().split(',');
const first = (type: string) => run.find((event) => event.type === type)!;

/** Returns the cells of an event's line that are not empty, by the names of their columns. */
function cellsOf(event: MonitorEvent): Record<string, string> {
  const cells = csvRow(event).trimEnd().split(',');
  expect(cells).toHaveLength(names.length);
  return Object.fromEntries(
    names.map((name, index) => [name, cells[index]!]).filter(([, cell]) => cell !== ''),
  );
}

test('each event is a line with its values (P-205)', () => {
  const batch = first('batch');
  expect(cellsOf(batch)).toMatchObject({
    seq: '2',
    time: batch.time,
    type: 'batch',
    epoch: '1',
    step: '1',
    'batch.loss': String((batch as { data: { loss: number } }).data.loss),
    'batch.learningRate': '0.01',
  });
  expect(cellsOf(first('epoch'))).toMatchObject({ 'epoch.test.accuracy': '0.91', 'epoch.seconds': '2.1' });
  expect(cellsOf(first('system'))).toMatchObject({ 'system.host.cpu': '0.93' });
  expect(cellsOf(first('system'))).not.toHaveProperty(['system.gpu.load']);
  expect(cellsOf(first('run.finished'))).toMatchObject({ status: 'completed', reason: 'all epochs done' });
});

test('values that an event does not have are empty (P-205)', () => {
  const data = { level: 'info', code: 'x', message: 'm', step: null, by: undefined };
  expect(cellsOf({ ...first('batch'), seq: 9, type: 'notice', data } as MonitorEvent)).toEqual({
    ...{ seq: '9', time: first('batch').time, type: 'notice' },
    ...{ level: 'info', code: 'x', message: 'm' },
  });
});

test('numbers that are not finite are strings (P-206)', () => {
  const batch = first('batch');
  const diverged = {
    ...batch,
    data: { ...batch.data, loss: 'NaN', accuracy: '-Infinity' },
  } as unknown as MonitorEvent;
  expect(cellsOf(diverged)).toMatchObject({ 'batch.loss': 'NaN', 'batch.accuracy': '-Infinity' });
});

test.each(['=1+2', '+1', '-1', '@SUM(A1)', ' =1', '＝1', '＋1', '－1', '＠A'])(
  'a text that begins like a formula gets an apostrophe: %j (P-207, S-14)',
  (message) => {
    const data = { level: 'info', code: 'x', message, step: null };
    const line = csvRow({ ...first('batch'), type: 'notice', data } as MonitorEvent);
    expect(line).toContain(`,info,x,'${message},`);
  },
);

test('a text where a number is expected, which an unknown field may be, is no formula either (P-207)', () => {
  const notice = { level: 'info', code: 'x.y', message: 'm', epoch: '=1+2', elapsedSeconds: ['@A'] };
  const line = csvRow({ ...first('batch'), type: 'notice', data: notice } as unknown as MonitorEvent);
  expect(line).toContain(",notice,'=1+2,");
  expect(line).not.toContain('@A');
});

test.each([
  ['\t=1', "'\t'=1"],
  ['\tx', "'\tx"],
  ['\r=1', "'\r'=1"],
  ['\nx', "'\nx"],
  [';=1+1', ";'=1+1"],
  ['a; -1', "a;' -1"],
  ['a\t@b', "a\t'@b"],
  ['a\n=b', "a\n'=b"],
])(
  'a text with a formula at which it may be divided gets an apostrophe there: %j (P-207, S-14)',
  (message, expected) => {
    const data = { level: 'info', code: 'x', message, step: null };
    const line = csvRow({ ...first('batch'), type: 'notice', data } as MonitorEvent);
    expect(line).toContain(`,info,x,"${expected}",`);
  },
);

test('a text with commas, quotes or line breaks is quoted (P-205)', () => {
  const data = { level: 'info', code: 'x', message: 'say "a, b"\nand c', step: null };
  const line = csvRow({ ...first('batch'), type: 'notice', data } as MonitorEvent);
  expect(line).toContain(',info,x,"say ""a, b""\nand c",');
});

/** The fields without a column, with the reason: `[]` is an item of a list, `*` a name that the publisher chose. */
const withoutColumn: Record<string, string> = {
  ...Object.fromEntries(
    ['name', 'tags', 'config', 'device', 'model', 'dataset', 'totals', 'unit', 'lossUnit', 'metrics'].map(
      (field) => [`run.started.${field}`, 'describes the run once, not a step; the JSON lines have it'],
    ),
  ),
  ...Object.fromEntries(
    ['perClass', 'recall', 'precision', 'confusion', 'confusionCells', 'calibration'].map((field) => [
      `epoch.test.${field}`,
      'a list or a matrix',
    ]),
  ),
  'epoch.test.predictions': 'bytes',
  'epoch.test.confidences': 'bytes',
  ...Object.fromEntries(
    ['width', 'height', 'channels', 'items'].map((field) => [
      `samples.${field}`,
      'images, and what they need',
    ]),
  ),
  'figure.image': 'an image',
  'figure.table': 'a table of its own',
  ...Object.fromEntries(
    ['tensors', 'weightNorm', 'gradientNorm', 'updateRatio', 'histograms', 'activations', 'dead'].map(
      (field) => [`layers.${field}`, 'a list with a value for each tensor or activation'],
    ),
  ),
  ...Object.fromEntries(
    ['size', 'logits', 'images'].map((field) => [`probe.${field}`, 'bytes, and what they need']),
  ),
  'run.finished.files': 'a list of names',
};

type Node = Partial<
  Record<'type' | 'properties' | 'additionalProperties' | 'items' | 'anyOf' | 'oneOf', unknown>
>;

/** Returns the paths of all values in a schema, each as its keys, except below fields of `withoutColumn`. */
function pathsIn(schema: Node, path: string[]): string[][] {
  if (path.join('.') in withoutColumn) return [path];
  const alternatives = [schema.anyOf, schema.oneOf].flatMap((list) =>
    ((list as Node[] | undefined) ?? []).filter(({ type }) => type !== 'null'),
  );
  const below = [
    ...alternatives.flatMap((each) => pathsIn(each, path)),
    ...Object.entries((schema.properties as Record<string, Node>) ?? {}).flatMap(([key, each]) =>
      pathsIn(each, [...path, key]),
    ),
    ...(typeof schema.additionalProperties === 'object'
      ? pathsIn(schema.additionalProperties as Node, [...path, '*'])
      : []),
    ...(schema.items ? pathsIn(schema.items as Node, [...path, '[]']) : []),
  ];
  const unique = new Map(below.map((each) => [each.join('.'), each]));
  return unique.size > 0 ? [...unique.values()] : [path];
}

/** Returns data that has only the value at the path. */
function dataWith([key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  const inner = dataWith(rest, value);
  return key === '[]' ? [{}, inner] : { [key]: inner };
}

test('each field of each event has a column, or a reason to have none (P-208)', () => {
  const table = csvTable({ metricNames: ['*'], gpus: 2 });
  const missing = Object.entries(eventDataSchemas).flatMap(([type, schema]) => {
    const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
    return pathsIn(root, [type])
      .map(([_, ...path]) => path)
      .filter((path) => {
        const data = dataWith(path, 7.25);
        return !table.row({ ...first('batch'), type, data } as MonitorEvent).includes(',7.25');
      })
      .map((path) => `${type}.${path.join('.')}`);
  });
  expect(missing).toEqual(expect.arrayContaining(Object.keys(withoutColumn)));
  expect(missing.filter((path) => !(path in withoutColumn))).toEqual([]);
});
