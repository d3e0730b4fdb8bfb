import { emptyQuerySchema, MonitorError } from '@mnist-monitor/shared';
import { z } from 'zod';
import { type PublishedFileKind, publishedFileKinds } from '../../runs/published-files.ts';
import type { RunFolders } from '../../runs/run-folders.ts';
import type { App } from '../app.ts';
import { isUnchanged } from '../replies.ts';
import { responses, runParams } from '../route-schema.ts';

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

/** Adds the routes that serve the files that publishers have sent. */
export function addFileRoutes(app: App, { published }: Pick<RunFolders, 'published'>): void {
  for (const kind of Object.keys(publishedFileKinds) as PublishedFileKind[]) {
    const schema = {
      ...operations[kind],
      params: fileParams,
      querystring: emptyQuerySchema,
      response: responses({
        ok: 'application/octet-stream',
        errors: ['request.invalid', 'request.not_found'],
        hasEtag: true,
      }),
    };
    app.get(`/api/runs/:runId/${kind}/:digest`, { schema }, async (request, reply) => {
      const { runId, digest } = request.params;
      const file = await published.open({ runId, kind, digest });
      if (!file) throw new MonitorError('request.not_found', `run ${runId} has no such file in ${kind}`);
      // The content of an address never changes, but the run may be deleted.
      if (isUnchanged(request, reply, `"${digest}"`)) {
        await file.close();
        return reply.code(304).send();
      }
      const { size } = await file.stat();
      return reply
        .type('application/octet-stream')
        .header('content-length', size)
        .send(file.createReadStream());
    });
  }
}
