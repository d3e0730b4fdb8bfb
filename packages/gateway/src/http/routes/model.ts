import { MonitorError, runIdSchema } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import type { Limits } from '../../limits.ts';
import type { RunFolders } from '../../runs/run-folders.ts';
import { cutWhenUnread, isUnchanged, type RunRequest, read } from './answers.ts';

type FileRequest = { Params: RunRequest['Params'] & { file: string } };

/** `/api/runs/:runId/model/:file`: the saved model of a run, for tfjs and for PyTorch. */
export function addModelRoute(
  app: FastifyInstance,
  { folders, limits }: { folders: RunFolders; limits: Pick<Limits, 'stallTimeoutMs'> },
): void {
  app.get<FileRequest>('/api/runs/:runId/model/:file', async (request, reply) => {
    const id = read(runIdSchema, request.params.runId);
    const name = request.params.file;
    const file = await folders.openModelFile(id, name);
    if (!file) throw new MonitorError('request.not_found', `run ${id} has no saved model with such a file`);
    const { ino, size, mtimeMs } = await file.stat();
    const tag = `"${ino.toString(36)}-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
    // The trainer writes them anew after each epoch: to be asked for each time, to be sent when they have changed.
    if (isUnchanged(request, reply, tag)) {
      await file.close();
      return reply.code(304).send();
    }
    cutWhenUnread(reply, limits.stallTimeoutMs);
    return reply
      .type(name.endsWith('.json') ? 'application/json; charset=utf-8' : 'application/octet-stream')
      .header('content-length', size)
      .send(file.createReadStream());
  });
}
