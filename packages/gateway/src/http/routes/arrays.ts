import { emptyQuerySchema, MonitorError } from '@mnist-monitor/shared';
import { z } from 'zod';
import type { RunFolders } from '../../runs/run-folders.ts';
import { readSnapshotTensor } from '../../runs/snapshot-tensors.ts';
import { type ArrayRows, type EventArrayName, eventArrays } from '../../series/event-arrays.ts';
import { layersCsvHeader, layersCsvLines } from '../../series/layers-csv.ts';
import { npyHeader } from '../../series/npy.ts';
import { parseEvent, readPages } from '../../store/pages.ts';
import type { Store, StoredSummary } from '../../store/store.ts';
import type { App } from '../app.ts';
import {
  asFile,
  bodyOf,
  disconnectSignal,
  fileNotFound,
  isUnchanged,
  runNotFound,
  runTag,
  toBody,
} from '../replies.ts';
import { responses, runErrors, runParams } from '../route-schema.ts';
import { fileParams } from './files.ts';

export interface ArrayRouteOptions {
  store: Store;
  folders: Pick<RunFolders, 'published'>;
}

const npyContentType = 'application/octet-stream';
const names = Object.keys(eventArrays) as EventArrayName[];
const descriptions = names.map((name) => `\`${name}\`: ${eventArrays[name].description}`);

/** The array to export. Its rows are read twice: first for the shape, which a NumPy file has before the values. */
interface ArraySource {
  store: Store;
  run: StoredSummary;
  name: EventArrayName;
  signal: AbortSignal;
}

/** Adds the routes that export the data about the inside of the network, for NumPy and as a table. */
export function addArrayRoutes(app: App, { store, folders: { published } }: ArrayRouteOptions): void {
  const readArray = {
    operationId: 'readArray',
    summary: `An array of the run as a NumPy file (\`numpy.load\`). ${descriptions.join(' ')}`,
    params: runParams.extend({ array: z.enum(names) }),
    querystring: emptyQuerySchema,
    response: responses({ ok: npyContentType, errors: [...runErrors, 'request.not_found'], hasEtag: true }),
  };
  app.get('/api/runs/:runId/arrays/:array.npy', { schema: readArray }, async (request, reply) => {
    const { runId, array: name } = request.params;
    const run = await store.summary(runId);
    if (!run) throw runNotFound(runId);
    if (isUnchanged(request, reply, runTag(run))) return reply.code(304).send();
    const source = { store, run, name, signal: disconnectSignal(reply) };
    const { first, rows } = await measure(source);
    if (!first) throw new MonitorError('request.not_found', `run ${runId} has no ${name}`);
    const header = npyHeader(first.type, [rows, ...first.shape]);
    const rowBytes = first.bytes.length / first.count;
    async function* content(): AsyncGenerator<Uint8Array> {
      yield header;
      for await (const { bytes } of readRows(source, first)) yield bytes;
    }
    return asFile(reply, `${runId}-${name}.npy`)
      .type(npyContentType)
      .header('content-length', header.length + rows * rowBytes)
      .send(toBody(reply, content()));
  });

  const readTensor = {
    operationId: 'readSnapshotTensor',
    summary:
      'A tensor of a snapshot as a NumPy file of float32: its bytes multiplied by their scales, in the layout of the publisher.',
    params: fileParams.extend({ tensor: z.string().min(1).max(200) }),
    querystring: emptyQuerySchema,
    response: responses({
      ok: npyContentType,
      errors: ['request.invalid', 'request.not_found'],
      hasEtag: true,
    }),
  };
  app.get(
    '/api/runs/:runId/snapshots/:digest/:tensor.npy',
    { schema: readTensor },
    async (request, reply) => {
      const { runId, digest, tensor: name } = request.params;
      const file = await published.open({ runId, kind: 'snapshots', digest });
      if (!file) throw fileNotFound(runId, 'snapshots');
      if (isUnchanged(request, reply, `"${digest}"`)) {
        await file.close();
        return reply.code(304).send();
      }
      const content = await file.readFile().finally(() => file.close());
      const tensor = readSnapshotTensor(content, name);
      if (!tensor)
        throw new MonitorError(
          'request.not_found',
          `the snapshot has no tensor ${name} in int8 with a scale`,
        );
      const values = Buffer.from(tensor.values.buffer);
      return asFile(reply, `${digest.slice(0, 8)}-${name.replace(/[^\w.-]/g, '_')}.npy`)
        .type(npyContentType)
        .send(Buffer.concat([npyHeader('<f4', tensor.shape), values]));
    },
  );

  const readLayers = {
    operationId: 'readLayersCsv',
    summary:
      'What the `layers` events contain as CSV: a line for each tensor with its norms, and for each activation with its share of dead units.',
    params: runParams,
    querystring: emptyQuerySchema,
    response: responses({ ok: 'text/csv', errors: runErrors, hasEtag: true }),
  };
  app.get('/api/runs/:runId/layers.csv', { schema: readLayers }, async (request, reply) => {
    const { runId } = request.params;
    const run = await store.summary(runId);
    if (!run) throw runNotFound(runId);
    if (isUnchanged(request, reply, runTag(run))) return reply.code(304).send();
    const signal = disconnectSignal(reply);
    async function* lines(to: number): AsyncGenerator<string> {
      yield layersCsvHeader;
      for await (const { events } of readPages(store, { runId, to, types: ['layers'], signal }))
        yield events.map((event) => layersCsvLines(parseEvent(event))).join('');
    }
    const body = await bodyOf(reply, lines(run.lastSeq));
    return asFile(reply, `${runId}-layers.csv`).type('text/csv; charset=utf-8').send(body);
  });
}

/** Resolves with the first rows of an array, and the number of all rows that fit them. */
async function measure(source: ArraySource): Promise<{ first: ArrayRows | undefined; rows: number }> {
  let first: ArrayRows | undefined;
  let rows = 0;
  for await (const each of readRows(source)) {
    first ??= each;
    if (fits(each, first)) rows += each.count;
  }
  return { first, rows };
}

/** Yields the rows of all events; with `like`, only the rows that fit it. */
async function* readRows(
  { store, run: { runId, lastSeq, started }, name, signal }: ArraySource,
  like?: ArrayRows,
): AsyncGenerator<ArrayRows> {
  const { event: type, rows } = eventArrays[name];
  const classCount = started?.dataset?.classes?.length ?? 0;
  for await (const { events } of readPages(store, { runId, to: lastSeq, types: [type], signal }))
    for (const stored of events) {
      const found = rows(parseEvent(stored), classCount);
      if (found && (!like || fits(found, like))) yield found;
    }
}

const fits = (rows: ArrayRows, like: ArrayRows): boolean =>
  rows.type === like.type && rows.group === like.group;
