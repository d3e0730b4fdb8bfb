import type { FastifyReply, FastifyRequest } from 'fastify';

/** The positions of the first and the last byte of a file that a response contains. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Sets the status and the headers of a response that sends a file, or the part of it that the request's `Range` asks for, and
 * returns which bytes to send; undefined when the file has no byte of the range. A request for several ranges, or for another
 * version of the file (`If-Range`), gets the whole file, which RFC 9110 section 14.2 allows.
 * @param size Size of the file in bytes, at least 1.
 * @param tag The strong ETag of the file.
 */
export function acceptRange(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { size, tag }: { size: number; tag: string },
): ByteRange | undefined {
  reply.header('accept-ranges', 'bytes');
  const isOtherVersion = headers['if-range'] !== undefined && headers['if-range'] !== tag;
  const range = isOtherVersion ? undefined : /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '');
  const bytes = range ? selectBytes(range[1]!, range[2]!, size) : { start: 0, end: size - 1 };
  if (!bytes) return undefined;
  if (range) reply.code(206).header('content-range', `bytes ${bytes.start}-${bytes.end}/${size}`);
  reply.header('content-length', bytes.end - bytes.start + 1);
  return bytes;
}

/** Sets the headers of the response to a range of which the file has no byte, and returns its error, which has the status 416. */
export function unsatisfiableRange({ headers }: FastifyRequest, reply: FastifyReply, size: number): Error {
  reply.header('content-range', `bytes */${size}`).removeHeader('cache-control').removeHeader('etag');
  const message = `expected a range within the ${size} bytes of the file, got ${headers.range}`;
  return Object.assign(new Error(message), { statusCode: 416 });
}

/** Returns the bytes of a range such as `0-99`, `100-` or `-100` (the last 100); undefined when there are none. */
function selectBytes(first: string, last: string, size: number): ByteRange | undefined {
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length > 0 ? { start: size - length, end: size - 1 } : undefined;
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : undefined;
}
