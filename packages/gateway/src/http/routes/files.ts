import {
  emptyQuerySchema,
  encode,
  type PublishedFileKind,
  type RunSnapshots,
  runSnapshotsSchema,
} from '@mnist-monitor/shared';
import { z } from 'zod';
import { publishedFileKinds } from '../../runs/published-files.ts';
import type { RunFolders } from '../../runs/run-folders.ts';
import { parseEvent, readPages } from '../../store/pages.ts';
import type { Store } from '../../store/store.ts';
import type { App } from '../app.ts';
import { acceptRange, unsatisfiableRange } from '../byte-range.ts';
import { disconnectSignal, fileNotFound, isUnchanged, runNotFound, sendJson } from '../replies.ts';
import { responses, runErrors, runParams } from '../route-schema.ts';

/** The path parameters of a published file. */
export const fileParams = runParams.extend({
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 digest: 64 of 0-9 and a-f')
    .describe('SHA-256 of the file, as the events of the run name it.'),
});

const operations: Record<PublishedFileKind, { operationId: string; summary: string }> = {
  snapshots: {
    operationId: 'readSnapshot',
    summary: 'The weights of a `snapshot` event as a safetensors file, by its `digest`.',
  },
  'test-images': {
    operationId: 'readTestImages',
    summary:
      "The test images of a run as bytes, by the `digest` in its `run.started`'s `dataset.testImages`.",
  },
};

export interface FileRouteOptions {
  folders: Pick<RunFolders, 'published'>;
  store: Store;
}

/**
 * Files are named by their content, so that a copy is never outdated. Private, because the copy of a shared cache would outlive
 * the run.
 */
const cacheControl = 'private, max-age=31536000, immutable';

/** Adds the routes that serve the files that publishers have sent, and the list of snapshots. */
export function addFileRoutes(app: App, { folders: { published }, store }: FileRouteOptions): void {
  for (const kind of publishedFileKinds) {
    const schema = {
      ...operations[kind],
      params: fileParams,
      querystring: emptyQuerySchema,
      response: responses({
        ok: 'application/octet-stream',
        errors: ['request.invalid', 'request.not_found'],
        hasEtag: true,
        hasRanges: true,
      }),
    };
    app.get(`/api/runs/:runId/${kind}/:digest`, { schema }, async (request, reply) => {
      const { runId, digest } = request.params;
      const file = await published.open({ runId, kind, digest });
      const size = (await file?.stat())?.size ?? 0;
      if (!file || size === 0) {
        await file?.close();
        throw fileNotFound(runId, kind);
      }
      const tag = `"${digest}"`;
      const isKnown = isUnchanged(request, reply, tag);
      reply.header('cache-control', cacheControl);
      if (isKnown) {
        await file.close();
        return reply.code(304).send();
      }
      const range = acceptRange(request, reply, { size, tag });
      if (!range) {
        await file.close();
        throw unsatisfiableRange(request, reply, size);
      }
      return reply.type('application/octet-stream').send(file.createReadStream(range));
    });
  }
  const listSchema = {
    operationId: 'listSnapshots',
    summary: 'The snapshots of a run that can be read, in the order of their events.',
    params: runParams,
    querystring: emptyQuerySchema,
    response: responses({ ok: runSnapshotsSchema, errors: runErrors }),
  };
  app.get('/api/runs/:runId/snapshots', { schema: listSchema }, async (request, reply) => {
    const { runId } = request.params;
    const lastSeq = await store.lastSeq(runId);
    if (lastSeq === 0) throw runNotFound(runId);
    const stored = new Set(await published.digests({ runId, kind: 'snapshots' }));
    const snapshots: RunSnapshots['snapshots'] = [];
    const signal = disconnectSignal(reply);
    for await (const { events } of readPages(store, { runId, to: lastSeq, types: ['snapshot'], signal }))
      for (const each of events) {
        const event = parseEvent(each);
        if (event.type === 'snapshot' && stored.has(event.data.digest))
          snapshots.push({ seq: event.seq, time: event.time, ...event.data });
      }
    return sendJson(reply, encode({ runId, snapshots }));
  });
}
