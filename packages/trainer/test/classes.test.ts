import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  decode,
  encode,
  eventSchema,
  type MonitorEvent,
  version1EventSchema,
  version1EventTypes,
} from '@mnist-monitor/shared';
import { acceptingGateway } from './support/fake-gateway.ts';
import { writeDataset } from './support/idx-dataset.ts';
import { Program } from './support/processes.ts';
import { readEvents, shortRun } from './support/short-run.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

type Data<T extends MonitorEvent['type']> = Extract<MonitorEvent, { type: T }>['data'];

describe('training on', () => {
  const folder = temporaryFolder();
  const gateway = acceptingGateway();
  const runs = () => join(folder.path, 'runs');
  const train = (...args: string[]): Program =>
    Program.trainer([...shortRun, ...gateway.flags, '--runs', runs(), ...args]);
  const dataOf = <T extends MonitorEvent['type']>(runId: string, type: T): Data<T>[] =>
    readEvents(runs(), runId).flatMap((event) => (event.type === type ? [event.data as Data<T>] : []));

  test.each([
    [2, undefined, '1'],
    [10, undefined, '9'],
    [47, 'balanced', 't'],
    [62, 'byclass', 'z'],
    [1_000, undefined, '999'],
  ])(
    '%i classes describes them in every event',
    async (classCount, emnist, last) => {
      const runId = `classes-${classCount}`; // The gateway of this file accepts each id once.
      const data = join(folder.path, 'data');
      const sizes = { trainSize: 1_200, testSize: 320, labelBytes: classCount > 256 ? 2 : 1 } as const;
      writeDataset(data, { classCount, ...sizes, ...(emnist !== undefined && { emnist }) });
      const flags = [
        '--name',
        'A run',
        '--tag',
        'a',
        '--tag',
        'b',
        '--test-size',
        '300',
        '--batch-size',
        '32',
      ];
      const program = train('--data', data, '--epochs', '1', '--run-id', runId, ...flags);
      expect(await program.ended()).toBe(0);
      expect(program.stderr).toBe('');

      const [started] = dataOf(runId, 'run.started');
      expect(started).toMatchObject({ name: 'A run', tags: ['a', 'b'], unit: 'images', lossUnit: 'nats' });
      expect(started!.dataset!.classes).toHaveLength(classCount);
      expect(started!.dataset!.classes!.at(-1)).toBe(last);
      expect(started!.model!.layers.at(-1)).toMatchObject({ outputShape: [classCount] });
      expect(started!.model!.parameters).toBe(466_528 + 129 * classCount);

      const { test: results } = dataOf(runId, 'epoch')[0]!;
      const { confusion, confusionCells, predictions, precision, recall, perClass, calibration } = results!;
      const sure = Buffer.from(results!.confidences!, 'base64');
      expect(sure).toHaveLength(300);
      // The mean confidence, and that of the bins, which are not rounded to bytes.
      const meanOfBins = calibration!.reduce((sum, bin) => sum + bin.count * (bin.confidence ?? 0), 0) / 300;
      expect(sure.reduce((sum, byte) => sum + byte / 255, 0) / 300).toBeCloseTo(meanOfBins, 2);
      expect([precision, recall, perClass].map((values) => values!.length)).toEqual(
        Array(3).fill(classCount),
      );
      expect(calibration!.reduce((sum, { count }) => sum + count, 0)).toBe(300);
      const cells =
        confusionCells ??
        confusion!.flatMap((row, truth) => row.map((count, prediction) => [truth, prediction, count]));
      expect(confusion == null).toBe(classCount > 100);
      const bytes = Buffer.from(predictions!, 'base64');
      const predicted = Array.from({ length: 300 }, (_, at) =>
        classCount > 256 ? bytes.readUInt16LE(at * 2) : bytes[at]!,
      );
      // The images' classes are 0, 1, 2 … in turn, so the predictions determine the matrix.
      const counts = new Map<string, number>();
      predicted.forEach((prediction, at) => {
        const cell = `${at % classCount} ${prediction}`;
        counts.set(cell, (counts.get(cell) ?? 0) + 1);
      });
      expect(
        new Map(
          cells
            .filter(([, , count]) => count! > 0)
            .map(([truth, prediction, count]) => [`${truth} ${prediction}`, count]),
        ),
      ).toEqual(counts);

      const { items } = dataOf(runId, 'samples')[0]!;
      for (const { probabilities, classes, prediction } of items) {
        expect(probabilities).toHaveLength(Math.min(classCount, 10));
        if (classCount > 10) expect(classes![0]).toBe(prediction);
        else expect(probabilities[prediction]).toBe(Math.max(...probabilities));
      }
      for (const event of readEvents(runs(), runId)) {
        expect(encode(event).length).toBeLessThan(900 * 1024);
        expect(decode(eventSchema, encode(event))).toMatchObject({ ok: true });
        // Viewers of version 1 get the events of the types that it has.
        if (classCount === 10 && version1EventTypes.includes(event.type))
          expect(decode(version1EventSchema, encode(event))).toMatchObject({ ok: true });
      }
    },
    60_000,
  );

  test('three classes continues exactly after an interruption, also without the file of names', async () => {
    const data = join(folder.path, 'data');
    const names = join(folder.path, 'names.txt');
    writeDataset(data, { classCount: 3, trainSize: 64, testSize: 40 });
    writeFileSync(names, 'cat\ndog\nbird\n');
    const flags = ['--data', data, '--epochs', '2', '--classes', names];
    expect(await train(...flags, '--run-id', 'whole').ended()).toBe(0);
    const interrupted = train(...flags, '--run-id', 'parts');
    await interrupted.printed('epoch 2/2');
    await interrupted.kill('SIGKILL');
    writeFileSync(names, 'one\ntwo\n');
    const resumed = train('--resume', 'parts');
    expect(await resumed.ended()).toBe(0);
    expect(resumed.stdout).toContain('Resumed after epoch 1.');
    const results = (runId: string) => dataOf(runId, 'epoch').map(({ test: results }) => results);
    expect(results('parts')).toEqual(results('whole'));
    expect(dataOf('parts', 'run.started')[0]!.dataset!.classes).toEqual(['cat', 'dog', 'bird']);
  }, 60_000);

  test('data whose labels have no names ends with one line, and no run is started', async () => {
    const data = join(folder.path, 'data');
    const names = join(folder.path, 'names.txt');
    writeDataset(data, { classCount: 3, trainSize: 64, testSize: 40 });
    writeFileSync(names, 'cat\ndog\n');
    const program = train('--data', data, '--classes', names);
    expect(await program.ended()).toBe(2);
    expect(program.stderr).toBe(
      `${data}/train-labels-idx1-ubyte: expected labels from 0 to 1, of 2 classes, got 2 at position 2\n`,
    );
    expect(program.stdout).toBe('');
  }, 60_000);
});
