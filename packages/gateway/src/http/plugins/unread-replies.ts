import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Limits } from '../../limits.ts';
import { sentBytes } from '../../sockets/sent-bytes.ts';

export type UnreadReplyLimits = Pick<
  Limits,
  'allUnreadReplyBytes' | 'replyPieceBytes' | 'stallTimeoutMs' | 'stallCheckMs'
>;

/** A response that the client has not read completely. */
interface UnreadReply {
  socket: Socket;
  /** The memory that the response holds in this process. */
  bytes: number;
  /** The body; undefined when it is no stream, and so was sent at once. */
  stream: Readable | undefined;
  /** The bytes of the socket that had left the process at the last check. */
  sent: number;
  /** The time (`performance.now()`) of the last check at which `sent` had grown, or nothing was unsent. */
  readAt: number;
}

/**
 * Bounds the memory that responses hold while clients do not read them. A client that reads nothing for
 * `stallTimeoutMs` is disconnected. When all responses together exceed `allUnreadReplyBytes`, the client that has read
 * nothing for the longest time is disconnected too. A connection has one response at a time (`http-server.ts`), and
 * routes send large responses in pieces.
 */
export function boundUnreadReplies(app: FastifyInstance, limits: UnreadReplyLimits): void {
  const replies = new UnreadReplies(limits, app.log);
  const timer = setInterval(() => replies.check(performance.now()), limits.stallCheckMs).unref();
  app.addHook('onClose', async () => clearInterval(timer));

  app.addHook('onSend', async (request, reply, payload) => {
    if (request.socket.writable) replies.add(reply.raw, payload);
  });
}

class UnreadReplies {
  readonly #limits: UnreadReplyLimits;
  readonly #log: FastifyBaseLogger;
  readonly #replies = new Map<ServerResponse, UnreadReply>();
  #bytes = 0;

  constructor(limits: UnreadReplyLimits, log: FastifyBaseLogger) {
    this.#limits = limits;
    this.#log = log;
  }

  add(response: ServerResponse, payload: unknown): void {
    const stream = payload instanceof Readable ? payload : undefined;
    const bytes = stream ? 2 * this.#limits.replyPieceBytes : sizeOf(payload);
    const { socket } = response;
    if (!socket || bytes === 0) return;
    this.#bytes += bytes;
    this.#replies.set(response, {
      socket,
      bytes,
      stream,
      sent: sentBytes(socket),
      readAt: performance.now(),
    });
    response.once('close', () => this.#remove(response));
    this.#makeRoom();
  }

  /** Disconnects the clients that have stopped reading, and measures the others. */
  check(now: number): void {
    for (const [response, reply] of this.#replies) {
      const { socket, stream, sent } = reply;
      reply.sent = sentBytes(socket);
      // Without unsent bytes, the response waits for the store, not for its client.
      if (reply.sent !== sent || socket.writableLength === 0) reply.readAt = now;
      else if (now - reply.readAt >= this.#limits.stallTimeoutMs) this.#cut(response, reply);
      // A response that was removed no longer counts.
      if (stream && this.#replies.has(response))
        this.#measure(reply, socket.writableLength + stream.readableLength);
    }
    this.#makeRoom();
  }

  /** Raises the size of a reply when it holds more than before: a piece with one large event may have a megabyte. */
  #measure(reply: UnreadReply, bytes: number): void {
    const larger = Math.max(0, bytes - reply.bytes);
    reply.bytes += larger;
    this.#bytes += larger;
  }

  #makeRoom(): void {
    while (this.#bytes > this.#limits.allUnreadReplyBytes) {
      const [first, ...others] = this.#replies;
      if (!first) return;
      const longest = others.reduce((one, other) => (other[1].readAt < one[1].readAt ? other : one), first);
      this.#cut(...longest);
    }
  }

  /** Disconnects a client. */
  #cut(response: ServerResponse, { socket, bytes }: UnreadReply): void {
    this.#log.info({ address: socket.remoteAddress, bytes }, 'disconnected a client that does not read');
    this.#remove(response);
    // With a normal close, the operating system would keep the megabytes that the client does not read.
    socket.resetAndDestroy();
  }

  #remove(response: ServerResponse): void {
    this.#bytes -= this.#replies.get(response)?.bytes ?? 0;
    this.#replies.delete(response);
  }
}

function sizeOf(payload: unknown): number {
  return typeof payload === 'string' || payload instanceof Uint8Array ? Buffer.byteLength(payload) : 0;
}
