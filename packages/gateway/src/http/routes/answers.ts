import { formatIssues, MonitorError, validate } from '@mnist-monitor/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { StoredSummary } from '../../store/store.ts';

export type RunRequest = { Params: { runId: string } };

/** A part of a request that fits its schema. @throws MonitorError `request.invalid` */
export function read<S extends z.ZodType>(schema: S, given: unknown): z.infer<S> {
  const result = validate(schema, given);
  if (!result.ok) throw new MonitorError('request.invalid', formatIssues(result.error.issues));
  return result.value;
}

export const noSuchRun = (id: string): MonitorError =>
  new MonitorError('run.not_found', `there is no run ${id}`);

/** Not to be kept by any cache, unless something else was said before. */
export function sendJson(reply: FastifyReply, json: string): FastifyReply {
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  return reply.type('application/json; charset=utf-8').send(json);
}

/** Gives up a reader that takes nothing for so long: it is gone, or will not be served at this pace. */
export function cutWhenUnread(reply: FastifyReply, timeMs: number): void {
  reply.raw.setTimeout(timeMs, () => reply.raw.destroy());
}

/** What follows from a run's events changes only with them. */
export const tagOf = (run: StoredSummary): string => `"${run.lastSeq}-${Date.parse(run.lastEventAt)}"`;

/**
 * Whether the client has the answer with this tag already, by the list in `If-None-Match`. A weak tag counts as well
 * (RFC 9110 section 13.1.2): a proxy that compresses makes ours weak.
 */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.header('cache-control', 'no-cache').header('etag', tag);
  const known = request.headers['if-none-match'] ?? '';
  return known.trim() === '*' || known.match(/"[^"]*"/g)?.includes(tag) === true;
}
