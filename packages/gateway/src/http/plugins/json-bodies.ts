import { isUtf8 } from 'node:buffer';
import { formatIssues, MonitorError } from '@mnist-monitor/shared';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { decodeFromClient } from '../../json-issue.ts';
import type { Limits } from '../../limits.ts';

/**
 * Parses bodies of the content type JSON, as strictly as the messages of the sockets. Accepts empty ones: some clients send
 * that type with every request, even a DELETE.
 */
export function parseJsonBodies(app: FastifyInstance, limits: Pick<Limits, 'jsonDepth'>): void {
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const encoding = request.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') return done(unsupportedEncoding());
    if (body.length === 0) return done(null);
    if (!isUtf8(body)) return done(new MonitorError('request.invalid', 'expected JSON in UTF-8'));
    const result = decodeFromClient(z.unknown(), String(body), limits);
    if (result.ok) done(null, result.value);
    else done(new MonitorError('request.invalid', formatIssues(result.error.issues)));
  });
}

const unsupportedEncoding = (): Error =>
  Object.assign(new Error('expected a body without compression: leave out Content-Encoding'), {
    statusCode: 415,
  });
