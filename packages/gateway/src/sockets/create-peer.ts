import type { Socket } from 'node:net';
import { type CloseCodeName, closeCodes } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import { WebSocket } from 'ws';
import type { Limits } from '../limits.ts';
import { frameText } from './frames.ts';
import { keepAlive } from './keep-alive.ts';
import type { Peer } from './peer.ts';
import { drained } from './sent-bytes.ts';

export interface PeerOptions {
  /** The connection below the WebSocket. */
  stream: Socket;
  log: FastifyBaseLogger;
  limits: Pick<Limits, 'pingIntervalMs' | 'pongTimeoutMs' | 'closeTimeoutMs'>;
  /** Hears with which code this side has closed the connection. */
  onClosed?: (name: CloseCodeName) => void;
  /** Gets every text message, in order. Whatever it throws or rejects with closes this connection alone. */
  onMessage: (text: string, peer: Peer) => void | Promise<void>;
}

/** A close frame has room for 123 bytes of reason (RFC 6455 section 5.5). */
const maxReasonBytes = 123;

/**
 * Makes a peer of an open socket. The one place where handlers are put on sockets: an exception in one of them
 * would end the process otherwise.
 */
export function createPeer(
  socket: WebSocket,
  { stream, log, limits, onMessage, onClosed }: PeerOptions,
): Peer {
  const gone = new AbortController();

  const tell = (close: CloseCodeName, detail?: string): void => {
    log.info({ close, detail }, 'connection closed by the gateway');
    onClosed?.(close);
  };

  const peer: Peer = {
    closed: gone.signal,
    send: (message) => peer.sendFrames(frameText(message)),
    sendFrames(frames) {
      if (socket.readyState === WebSocket.OPEN && frames.length > 0) stream.write(frames);
    },
    get bufferedBytes() {
      return stream.writableLength;
    },
    drained: (stallMs) => drained(stream, stallMs),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close(name, detail) {
      if (socket.readyState !== WebSocket.OPEN) return;
      tell(name, detail);
      socket.resume();
      socket.close(closeCodes[name].code, truncate(detail ?? closeCodes[name].meaning));
      const timer = setTimeout(() => stream.resetAndDestroy(), limits.closeTimeoutMs);
      stream.once('close', () => clearTimeout(timer));
      gone.abort();
    },
  };

  const fail = (error: unknown): void => {
    log.error({ err: error }, 'a message could not be handled');
    peer.close('internal');
  };

  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    // ws has closed it by itself.
    if (code !== 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' || gone.signal.aborted) return;
    tell('tooBig');
    gone.abort();
  });
  socket.on('close', () => gone.abort());
  socket.on('message', (data, isBinary) => {
    if (gone.signal.aborted) return;
    if (isBinary) return peer.close('invalid', 'expected a text message, got a binary one');
    try {
      onMessage(String(data), peer)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  });
  keepAlive(socket, stream, limits);
  return peer;
}

/** Cuts to what fits, at a whole character. */
function truncate(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= maxReasonBytes) return reason;
  return `${bytes
    .subarray(0, maxReasonBytes - 4)
    .toString()
    .replace(/\uFFFD$/, '')}…`;
}
