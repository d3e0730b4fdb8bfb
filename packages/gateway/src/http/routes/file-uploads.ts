import { emptyQuerySchema, MonitorError } from '@mnist-monitor/shared';
import type { FastifyRequest } from 'fastify';
import {
  type PublishedFiles,
  publishedFileKinds,
  publishedFileLimits,
  tooLarge,
} from '../../runs/published-files.ts';
import type { Store } from '../../store/store.ts';
import type { TokenVerdict } from '../../trust/authorization.ts';
import { type Client, clientOf } from '../../trust/client.ts';
import type { App } from '../app.ts';
import { fileNotFound, runNotFound } from '../replies.ts';
import { fileParams } from './files.ts';

export interface FileUploadOptions {
  files: PublishedFiles;
  store: Pick<Store, 'lastSeq'>;
  /** Compares a token with the one for publishing, and limits the guesses of each network. */
  checkToken: (token: string | undefined, client: Client) => TokenVerdict;
  /** Throws for requests that may come from other machines although no token is set. */
  refuseProxies: (request: FastifyRequest) => void;
}

/**
 * Adds the routes with which publishers send and delete the files of their runs, on the ingest port. The body of a request
 * has to arrive within the time limit of every request, so a slow or silent client is disconnected.
 */
export function addFileUploadRoutes(app: App, options: FileUploadOptions): void {
  const { files, store, checkToken, refuseProxies } = options;
  // Leaves a body of any type as a stream: Fastify's own parsers would read JSON and plain text.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));
  // Runs before anything of the body is read.
  const onRequest = async (request: FastifyRequest): Promise<void> => {
    refuseProxies(request);
    const token = /^Bearer +(\S.*)$/i.exec(request.headers.authorization ?? '')?.[1];
    const verdict = checkToken(token, clientOf(request));
    if (verdict !== 'accepted') throw unauthorized(verdict);
  };
  for (const kind of publishedFileKinds) {
    const { maxBytes } = publishedFileLimits[kind];
    const schema = { params: fileParams, querystring: emptyQuerySchema };
    const url = `/runs/:runId/${kind}/:digest`;
    app.head(url, { schema, onRequest }, async (request, reply) => {
      const { runId, digest } = request.params;
      const file = await files.open({ runId, kind, digest });
      await file?.close();
      return reply.code(file ? 204 : 404).send();
    });
    app.put(url, { schema, onRequest }, async (request, reply) => {
      const { runId, digest } = request.params;
      const announcedBytes = Number(request.headers['content-length'] ?? 0);
      if (announcedBytes > maxBytes) throw tooLarge(maxBytes);
      if ((await store.lastSeq(runId)) === 0) throw runNotFound(runId);
      const id = { runId, kind, digest };
      const isNew = await files.store(id, contentOf(request), announcedBytes);
      // The run may have been deleted while the file arrived.
      if ((await store.lastSeq(runId)) === 0) {
        await files.removeAll(runId);
        throw runNotFound(runId);
      }
      return reply.code(isNew ? 201 : 204).send();
    });
    app.delete(url, { schema, onRequest }, async (request, reply) => {
      const { runId, digest } = request.params;
      if (!(await files.remove({ runId, kind, digest }))) throw fileNotFound(runId, kind);
      return reply.code(204).send();
    });
  }
}

/** Reads the body of a request. When that ends early, the connection stays open, so that the client gets the answer. */
async function* contentOf({ raw }: FastifyRequest): AsyncGenerator<Buffer> {
  try {
    yield* raw.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new MonitorError('file.invalid', 'expected the whole file, but the connection ended', { cause });
  }
}

function unauthorized(verdict: Exclude<TokenVerdict, 'accepted'>): MonitorError {
  if (verdict === 'tooMany')
    return new MonitorError(
      'request.too_many',
      'this address sent too many wrong tokens: try again in a minute',
    );
  const got = verdict === 'missing' ? 'none' : 'another one';
  return new MonitorError('publish.unauthorized', `expected the token for publishing, got ${got}`);
}
