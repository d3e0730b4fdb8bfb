import { expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
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

test('each event is a line with its values', () => {
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
  expect(cellsOf(first('system'))).not.toHaveProperty('system.gpu.load');
  expect(cellsOf(first('run.finished'))).toMatchObject({ status: 'completed', reason: 'all epochs done' });
});

test('numbers that are not finite are strings', () => {
  const batch = first('batch');
  const diverged = {
    ...batch,
    data: { ...batch.data, loss: 'NaN', accuracy: '-Infinity' },
  } as unknown as MonitorEvent;
  expect(cellsOf(diverged)).toMatchObject({ 'batch.loss': 'NaN', 'batch.accuracy': '-Infinity' });
});

test.each(['=1+2', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '＝1', '＋1', '－1', '＠A'])(
  'a text that begins like a formula gets an apostrophe: %j',
  (message) => {
    const data = { level: 'info', code: 'x', message, step: null };
    const line = csvRow({ ...first('batch'), type: 'notice', data } as MonitorEvent);
    expect(line).toContain(`,info,x,'${message},`);
  },
);

test('a text with commas, quotes or line breaks is quoted', () => {
  const data = { level: 'info', code: 'x', message: 'say "a, b"\nand c', step: null };
  const line = csvRow({ ...first('batch'), type: 'notice', data } as MonitorEvent);
  expect(line).toContain(',info,x,"say ""a, b""\nand c",');
});
