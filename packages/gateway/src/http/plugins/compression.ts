import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import { negotiate } from '@fastify/accept-negotiator';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Limits } from '../../limits.ts';

export type CompressionLimits = Pick<
  Limits,
  'compressedAtOnce' | 'leastCompressedBytes' | 'mostCompressedBytes'
>;

/** What shrinks to a fifth in practice: the API's JSON and the documents. Files are compressed when they are built. */
const compressibleTypes = /^(application\/(problem\+)?json|text\/(html|css|plain))(;|$)/;

/** A third faster than the default of 6, for 3 % more bytes of JSON. */
const options = { level: 4 };

const compress = promisify(gzip);

/**
 * Compresses text with gzip for clients that accept it, in the threads of Node.js, a few responses at a time. The others
 * are sent as they are: compression may end when the gateway is busy, but no client waits for it.
 */
export function compressReplies(app: FastifyInstance, limits: CompressionLimits): void {
  let running = 0;
  app.addHook('onSend', async (request, reply, payload) => {
    if (!isCompressible(reply)) return;
    reply.header('vary', 'accept-encoding');
    if (running >= limits.compressedAtOnce || !acceptsGzip(request)) return;
    if (payload instanceof Readable) {
      running++;
      reply.raw.once('close', () => running--);
      reply.header('content-encoding', 'gzip');
      // Fastify handles the failure of the stream that it sends, which is the last one.
      return pipeline(payload, createGzip(options), () => {});
    }
    if (typeof payload !== 'string') return;
    const bytes = Buffer.byteLength(payload);
    if (bytes < limits.leastCompressedBytes || bytes > limits.mostCompressedBytes) return;
    running++;
    const compressed = await compress(payload, options).finally(() => running--);
    reply.header('content-encoding', 'gzip');
    return compressed;
  });
}

/** A response with a length is a file, or what Fastify made of one. */
function isCompressible(reply: FastifyReply): boolean {
  if (reply.hasHeader('content-encoding') || reply.hasHeader('content-length')) return false;
  return compressibleTypes.test(String(reply.getHeader('content-type') ?? ''));
}

function acceptsGzip({ headers }: FastifyRequest): boolean {
  const accepted = headers['accept-encoding'];
  return accepted !== undefined && negotiate(String(accepted).toLowerCase(), ['gzip']) === 'gzip';
}
