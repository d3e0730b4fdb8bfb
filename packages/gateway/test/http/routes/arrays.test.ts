import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { EventBody, MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { openSqliteStore } from '../../../src/store/sqlite-store.ts';
import { toNewEvent } from '../../../src/store/store.ts';
import { temporaryFolder } from '../../support/cleanup.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';

/** Reads a NumPy file, as `numpy.load` does. */
function readNpy(file: Buffer): { type: string; shape: number[]; values: number[] } {
  expect(file.toString('latin1', 0, 8)).toBe('\x93NUMPY\x01\x00');
  const start = 10 + file.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = file.toString('latin1', 10, start);
  const [, type = '', shape = ''] =
    /^\{'descr': '(.*)', 'fortran_order': False, 'shape': \((.*)\), \} *\n$/.exec(header) ?? [];
  const arrays = { '<f4': Float32Array, '<u4': Uint32Array, '<u2': Uint16Array, '|u1': Uint8Array };
  const values = new arrays[type as keyof typeof arrays](new Uint8Array(file.subarray(start)).buffer);
  return { type, shape: shape.split(',').filter(Boolean).map(Number), values: [...values] };
}

const base64 = (...bytes: number[]): string => Buffer.from(bytes).toString('base64');

describe('an array of a run', () => {
  let gateway: TestGateway;
  let runs: string;

  const probe = (step: number, scale: number, values: number[]): EventBody => ({
    type: 'probe',
    data: { step, size: 2, logits: { classes: 3, scale, values: base64(...values) } },
  });
  const images = (first: number, label: number): EventBody => ({
    type: 'probe',
    data: {
      ...{ step: 1, size: 2 },
      images: { first, width: 2, height: 1, indices: [7 + first], labels: [label], pixels: base64(first, 9) },
    },
  });
  const bodies: EventBody[] = [
    images(0, 2),
    images(1, 0),
    probe(1, 0.5, [2, 0xff, 0, 4, 5, 6]),
    // A frame of another shape does not fit into the array.
    { type: 'probe', data: { step: 2, size: 1, logits: { classes: 3, scale: 1, values: base64(1, 1, 1) } } },
    probe(3, 0.25, [4, 4, 4, 4, 4, 0x80]),
    {
      type: 'layers',
      data: {
        ...{
          step: 3,
          tensors: ['fc1.weight', '=1+1'],
          weightNorm: [1.5, null],
          updateRatio: [1e-3, Number.NaN],
        },
        ...{ activations: ['relu1'], dead: [0.25] },
      },
    },
    { type: 'epoch', data: { epoch: 1, test: { perClass: [1, 1, 1], predictions: base64(0, 1, 2) } } },
    {
      type: 'epoch',
      data: {
        epoch: 3,
        test: { perClass: [1, 1, 1], predictions: base64(2, 2, 2), confidences: base64(255, 9, 0) },
      },
    },
  ];

  beforeEach(async () => {
    runs = temporaryFolder();
    const store = await openSqliteStore(runs);
    const [started] = sampleRun({ runId: 'a' });
    const events = bodies.map(
      (body, at) =>
        ({ v: 1, runId: 'a', seq: at + 2, time: '2026-11-24T10:00:00.000Z', ...body }) as MonitorEvent,
    );
    await store.append('a', [started!, ...events].map(toNewEvent));
    await store.append('large', sampleRunOfVersion2('large').map(toNewEvent));
    gateway = await startGateway({ store, runs });
  });

  const get = (path: string, headers = {}) => fetch(`${gateway.url}/api/runs/${path}`, { headers });
  const load = async (path: string) => {
    const answer = await get(path);
    expect([path, answer.status]).toEqual([path, 200]);
    const file = Buffer.from(await answer.arrayBuffer());
    return readNpy(file);
  };

  test.each<[name: string, type: string, shape: number[], values: number[]]>([
    ['probe-logits', '<f4', [2, 2, 3], [1, -0.5, 0, 2, 2.5, 3, 1, 1, 1, 1, 1, -32]],
    ['probe-steps', '<u4', [2], [1, 3]],
    ['probe-indices', '<u4', [2], [7, 8]],
    ['probe-labels', '<u2', [2], [2, 0]],
    ['probe-images', '|u1', [2, 1, 2, 1], [0, 9, 1, 9]],
    ['predictions', '|u1', [2, 3], [0, 1, 2, 2, 2, 2]],
    ['prediction-epochs', '<u4', [2], [1, 3]],
    ['confidences', '|u1', [1, 3], [255, 9, 0]],
    ['confidence-epochs', '<u4', [1], [3]],
  ])('is a file of NumPy: %s (P-166, P-209, P-211)', async (name, type, shape, values) => {
    expect(await load(`a/arrays/${name}.npy`)).toEqual({ type, shape, values });
  });

  test('leaves out epochs of version 1 whose fields of these names have another type', async () => {
    const store = await openSqliteStore(temporaryFolder());
    const own = [
      { predictions: 5, confidences: { mean: 0.9 } },
      { predictions: [1, 2], confidences: true },
      { predictions: base64(0, 1, 2) },
    ];
    let at = 0;
    const events = sampleRun({ runId: 'old', epochs: own.length }).map((event) =>
      event.type === 'epoch'
        ? { ...event, data: { ...event.data, test: { ...event.data.test, ...own[at++] } } }
        : event,
    );
    await store.append('old', (events as MonitorEvent[]).map(toNewEvent));
    const { url } = await startGateway({ store });
    const answerOf = (name: string) => fetch(`${url}/api/runs/old/arrays/${name}.npy`);
    const read = async (name: string) => readNpy(Buffer.from(await (await answerOf(name)).arrayBuffer()));
    expect(await read('predictions')).toEqual({ type: '|u1', shape: [1, 3], values: [0, 1, 2] });
    expect(await read('prediction-epochs')).toEqual({ type: '<u4', shape: [1], values: [3] });
    for (const name of ['confidences', 'confidence-epochs']) expect((await answerOf(name)).status).toBe(404);
  });

  test('has an ETag, a length and a name', async () => {
    const answer = await get('a/arrays/probe-steps.npy');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a-probe-steps.npy"');
    expect(answer.headers.get('content-length')).toBe('136');
    const etag = answer.headers.get('etag')!;
    expect((await get('a/arrays/probe-steps.npy', { 'if-none-match': etag })).status).toBe(304);
  });

  test('has two bytes for each prediction of a run with more than 256 classes, and is absent where the run has none (P-209, P-212)', async () => {
    expect((await load('large/arrays/predictions.npy')).type).toBe('|u1');
    expect((await get('a/arrays/other.npy')).status).toBe(400);
    expect((await get('none/arrays/predictions.npy')).status).toBe(404);
    const problem = await (await get('large/arrays/none.npy')).json();
    expect(problem).toMatchObject({ code: 'request.invalid' });
  });

  test('of the layers is a table, in which no text is a formula (P-165, P-210)', async () => {
    const answer = await get('a/layers.csv');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const time = '2026-11-24T10:00:00.000Z';
    expect((await answer.text()).split('\r\n')).toEqual([
      'time,step,name,weightNorm,gradientNorm,updateRatio,dead',
      `${time},3,fc1.weight,1.5,,0.001,`,
      `${time},3,'=1+1,,,NaN,`,
      `${time},3,relu1,,,,0.25`,
      '',
    ]);
  });

  /** Stores a snapshot, and returns its digest. */
  function storeSnapshot(header: object, values: Buffer): string {
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    const file = Buffer.concat([length, json, values]);
    const digest = createHash('sha256').update(file).digest('hex');
    mkdirSync(join(runs, 'a', 'snapshots'), { recursive: true });
    writeFileSync(join(runs, 'a', 'snapshots', `${digest}.safetensors`), file);
    return digest;
  }
  const scales = Buffer.from(Float32Array.of(0.5, 2).buffer);
  const bytes = Buffer.from(Int8Array.of(1, 2, 3, 4, 5, -6).buffer);

  test.each([
    ['last', [3, 2], [1, 2], [0.5, 4, 1.5, 8, 2.5, -12]],
    ['first', [2, 3], [2, 1], [0.5, 1, 1.5, 8, 10, -12]],
  ])(
    'is a tensor of a snapshot with its scales along the %s axis (P-167)',
    async (_axis, shape, scaleShape, values) => {
      const digest = storeSnapshot(
        {
          __metadata__: { step: '1' },
          'w.scale': { dtype: 'F32', shape: scaleShape, data_offsets: [0, 8] },
          w: { dtype: 'I8', shape, data_offsets: [8, 14] },
        },
        Buffer.concat([scales, bytes]),
      );
      expect(await load(`a/snapshots/${digest}/w.npy`)).toEqual({ type: '<f4', shape, values });
      for (const name of ['w.scale', 'other', '__proto__', '__metadata__'])
        expect((await get(`a/snapshots/${digest}/${name}.npy`)).status).toBe(404);
    },
  );

  test.each<[what: string, scale: object, weights: object]>([
    [
      'values outside of the file',
      { shape: [1, 2], data_offsets: [0, 8] },
      { shape: [3, 2], data_offsets: [8, 99] },
    ],
    ['too few values', { shape: [1, 2], data_offsets: [0, 8] }, { shape: [300, 2], data_offsets: [8, 14] }],
    [
      'scales of another shape',
      { shape: [2, 1], data_offsets: [0, 8] },
      { shape: [3, 2], data_offsets: [8, 14] },
    ],
    ['part of a scale', { shape: [1, 2], data_offsets: [0, 7] }, { shape: [3, 2], data_offsets: [8, 14] }],
    [
      'a shape that is none',
      { shape: [1, 2], data_offsets: [0, 8] },
      { shape: [-3, 2], data_offsets: [8, 14] },
    ],
  ])('is not read from a damaged snapshot: %s', async (_what, scale, weights) => {
    const header = { 'w.scale': { dtype: 'F32', ...scale }, w: { dtype: 'I8', ...weights } };
    const digest = storeSnapshot(header, Buffer.concat([scales, bytes]));
    expect((await get(`a/snapshots/${digest}/w.npy`)).status).toBe(404);
  });
});
