import { Readable } from 'node:stream';
import { MonitorError, type PublishedFileKind } from '@mnist-monitor/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StoredSummary } from '../store/store.ts';

/** Sends a text that is JSON already, with `cache-control: no-store` unless the reply has another `cache-control`. */
export function sendJson(reply: FastifyReply, json: string | Readable): FastifyReply {
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  return reply.type('application/json; charset=utf-8').send(json);
}

/** Returns a signal that is aborted when the client disconnects before its response is complete. */
export function disconnectSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Text that is generated and has at least this length is sent in pieces, each when the client has read the one before. */
const pieceBytes = 64 * 1024;

/**
 * Sends JSON that is generated piece by piece. The first 64 kB are generated before the response begins, so that an
 * error in them can still be answered with a problem.
 */
export async function sendJsonPieces(
  reply: FastifyReply,
  pieces: AsyncGenerator<string, void>,
): Promise<FastifyReply> {
  return sendJson(reply, await bodyOf(reply, pieces));
}

/**
 * Makes the body of a response from its pieces. Rejects when making the first 64 kB fails. When a later piece fails, the
 * connection is reset, as by `toBody`.
 */
export async function bodyOf(
  reply: FastifyReply,
  pieces: AsyncGenerator<string, void>,
): Promise<string | Readable> {
  let beginning = '';
  while (beginning.length < pieceBytes) {
    const { value, done } = await pieces.next();
    if (done) return beginning;
    beginning += value;
  }
  async function* all(): AsyncGenerator<string> {
    yield beginning;
    beginning = '';
    yield* pieces;
  }
  return toBody(reply, all());
}

/**
 * Makes the body of a response. When making it fails, the connection is reset: to HTTP/1.0 clients, such as many proxies, a normal
 * end of the connection is the end of the body.
 */
export function toBody(reply: FastifyReply, content: AsyncIterable<string | Uint8Array>): Readable {
  const body = Readable.from(content, { objectMode: false });
  return body.once('error', () => reply.raw.socket?.resetAndDestroy());
}

/** Lets browsers save a response under a name. */
export const asFile = (reply: FastifyReply, name: string): FastifyReply =>
  reply.header('content-disposition', `attachment; filename="${name}"`);

/**
 * Returns the ETag of responses that are computed from a run's events alone. It changes when the run gets an event or
 * is replaced, and is weak, because compressed and uncompressed responses share it.
 */
export const runTag = (run: StoredSummary): string => `W/"${run.stream}-${run.lastSeq}"`;

/**
 * Sets the ETag, with `cache-control: no-cache`, and returns whether `If-None-Match` lists it, so that a 304 is enough. A weak
 * tag matches the strong tag with the same text (RFC 9110 section 13.1.2), since a proxy that compresses a response makes its
 * tag weak.
 */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.header('cache-control', 'no-cache').header('vary', 'accept-encoding').header('etag', tag);
  const known = request.headers['if-none-match'] ?? '';
  return known.trim() === '*' || known.match(/"[^"]*"/g)?.includes(tag.replace('W/', '')) === true;
}

export const fileNotFound = (runId: string, kind: PublishedFileKind): MonitorError =>
  new MonitorError('request.not_found', `run ${runId} has no such file in ${kind}`);

export const runNotFound = (id: string): MonitorError =>
  new MonitorError('run.not_found', `there is no run ${id}`);
