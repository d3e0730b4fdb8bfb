import { Readable } from 'node:stream';
import { MonitorError } from '@mnist-monitor/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StoredSummary } from '../store/store.ts';

/** Sends text that is JSON already. No cache keeps it, unless the reply has another `cache-control`. */
export function sendJson(reply: FastifyReply, json: string | Readable): FastifyReply {
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  return reply.type('application/json; charset=utf-8').send(json);
}

/** The size from which JSON is sent in pieces, each when the client has read the one before. */
const pieceBytes = 64 * 1024;

/** Sends JSON that is made piece by piece. The first 64 kB are made at once: an error among them is sent as a problem. */
export async function sendJsonPieces(
  reply: FastifyReply,
  pieces: AsyncGenerator<string, void>,
): Promise<FastifyReply> {
  return sendJson(reply, await bodyOf(pieces));
}

/** Makes the body of a response from its pieces. Rejects with an error among the first 64 kB, which are made at once. */
export async function bodyOf(pieces: AsyncGenerator<string, void>): Promise<string | Readable> {
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
  return Readable.from(all(), { objectMode: false });
}

/**
 * Returns the ETag of everything that is computed from a run's events: it changes only with them. It is weak, since a
 * compressed response has the same one.
 */
export const runTag = (run: StoredSummary): string => `W/"${run.lastSeq}-${Date.parse(run.lastEventAt)}"`;

/**
 * Sets the ETag and returns whether `If-None-Match` lists it, so that a 304 is enough. Weak and strong tags match
 * (RFC 9110 section 13.1.2): a proxy that compresses makes ours weak.
 */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.header('cache-control', 'no-cache').header('vary', 'accept-encoding').header('etag', tag);
  const known = request.headers['if-none-match'] ?? '';
  return known.trim() === '*' || known.match(/"[^"]*"/g)?.includes(tag.replace('W/', '')) === true;
}

export const runNotFound = (id: string): MonitorError =>
  new MonitorError('run.not_found', `there is no run ${id}`);
