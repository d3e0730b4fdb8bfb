import { emptyQuerySchema, MonitorError } from '@mnist-monitor/shared';
import { z } from 'zod';
import type { RunFolders } from '../../runs/run-folders.ts';
import type { App } from '../app.ts';
import { isUnchanged } from '../replies.ts';
import { responses, runParams } from '../route-schema.ts';

const readModelSchema = {
  operationId: 'readModel',
  summary:
    'A file of the saved model: `model.json` and `weights.bin` (a tfjs LayersModel), or `mnist_cnn.safetensors` (PyTorch).',
  params: runParams.extend({ file: z.string() }),
  querystring: emptyQuerySchema,
  response: responses({
    ok: ['application/json', 'application/octet-stream'],
    errors: ['request.invalid', 'request.not_found'],
    hasEtag: true,
  }),
};

/** Adds the route that serves the saved model of a run, for tfjs and for PyTorch. */
export function addModelRoute(app: App, folders: RunFolders): void {
  app.get('/api/runs/:runId/model/:file', { schema: readModelSchema }, async (request, reply) => {
    const { runId, file: name } = request.params;
    const file = await folders.openModelFile(runId, name);
    if (!file)
      throw new MonitorError('request.not_found', `run ${runId} has no saved model with such a file`);
    const { ino, size, mtimeMs } = await file.stat();
    const tag = `"${ino.toString(36)}-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
    // The trainer replaces the files after each epoch, so clients ask each time and mostly get a 304.
    if (isUnchanged(request, reply, tag)) {
      await file.close();
      return reply.code(304).send();
    }
    return reply
      .type(name.endsWith('.json') ? 'application/json; charset=utf-8' : 'application/octet-stream')
      .header('content-length', size)
      .send(file.createReadStream());
  });
}
