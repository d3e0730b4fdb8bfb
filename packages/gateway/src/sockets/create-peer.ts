import type { Socket } from 'node:net';
import { type CloseCodeName, closeCodes } from '@mnist-monitor/shared';
import type { FastifyBaseLogger } from 'fastify';
import { WebSocket } from 'ws';
import type { Limits } from '../limits.ts';
import { frameText } from './frames.ts';
import type { Heartbeats, HeartbeatTarget } from './heartbeats.ts';
import { keepAlive } from './keep-alive.ts';
import type { Peer } from './peer.ts';
import { drained } from './sent-bytes.ts';

export interface PeerOptions {
  /** The TCP connection below the WebSocket. */
  stream: Socket;
  log: FastifyBaseLogger;
  limits: Pick<Limits, 'pingIntervalMs' | 'pongTimeoutMs' | 'closeTimeoutMs'>;
  /** Sends heartbeats to the client, unless it has unread messages. */
  heartbeats?: Heartbeats;
  /** Called with the name of the code with which this side closed the connection. */
  onClosed?: (name: CloseCodeName) => void;
  /** Called with each text message, in order. An exception or rejection closes this connection alone. */
  onMessage: (text: string, peer: Peer) => void | Promise<void>;
}

/** Closes of clients that guess tokens or send too much, which an operator may want to see. */
const suspiciousCloses = new Set<CloseCodeName>(['unauthorized', 'tooMany']);

/** Names of the codes with which ws closes a connection after an invalid frame; it uses `protocolError` for all others. */
const frameErrors: Record<string, CloseCodeName> = {
  WS_ERR_INVALID_UTF8: 'notUtf8',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'tooFragmented',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'tooBig',
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'tooBig',
};

/** A close frame has room for a reason of 123 bytes (RFC 6455 section 5.5). */
const maxReasonBytes = 123;

/**
 * Wraps an open WebSocket as a peer. All listeners of sockets are added here: an exception in a listener added elsewhere
 * would end the process.
 */
export function createPeer(socket: WebSocket, options: PeerOptions): Peer {
  const { stream, log, limits, onClosed } = options;
  const closed = new AbortController();

  const reportClose = (close: CloseCodeName, detail?: string): void => {
    const level = suspiciousCloses.has(close) ? 'warn' : 'info';
    log[level]({ close, detail }, 'connection closed by the gateway');
    onClosed?.(close);
  };

  const peer: Peer = {
    closed: closed.signal,
    send: (message) => peer.sendFrames(frameText(message)),
    sendFrames(frames) {
      if (socket.readyState !== WebSocket.OPEN || frames.length === 0) return;
      stream.write(frames);
      heartbeat.checksSinceMessage = 0;
    },
    get bufferedBytes() {
      return stream.writableLength;
    },
    drained: (stallMs) => drained(stream, stallMs),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close(name, detail) {
      if (socket.readyState !== WebSocket.OPEN) return;
      reportClose(name, detail);
      socket.resume();
      socket.close(closeCodes[name].code, truncate(detail ?? closeCodes[name].meaning));
      const timer = setTimeout(() => stream.resetAndDestroy(), limits.closeTimeoutMs);
      stream.once('close', () => clearTimeout(timer));
      closed.abort();
    },
    cut(name, detail) {
      peer.close(name, detail);
      stream.destroySoon();
    },
  };

  const heartbeat: HeartbeatTarget = {
    checksSinceMessage: 0,
    sendHeartbeat: (frame) => peer.bufferedBytes === 0 && peer.sendFrames(frame),
  };

  socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
    // ws itself closes the connection after an invalid frame, so only the report is missing. Other errors are of TCP.
    if (!code.startsWith('WS_ERR_') || closed.signal.aborted) return;
    reportClose(frameErrors[code] ?? 'protocolError');
    closed.abort();
  });
  socket.on('close', () => closed.abort());
  receiveMessages(socket, peer, options);
  keepAlive(socket, stream, limits);
  if (options.heartbeats) closed.signal.addEventListener('abort', options.heartbeats.add(heartbeat));
  return peer;
}

function receiveMessages(socket: WebSocket, peer: Peer, { log, onMessage }: PeerOptions): void {
  const fail = (error: unknown): void => {
    log.error({ err: error }, 'a message could not be handled');
    peer.close('internal');
  };
  socket.on('message', (data, isBinary) => {
    if (peer.closed.aborted) return;
    if (isBinary) return peer.close('invalid', 'expected a text message, got a binary one');
    try {
      onMessage(String(data), peer)?.catch(fail);
    } catch (error) {
      fail(error);
    }
  });
}

/** Shortens a reason to the bytes that fit, without splitting a character. */
function truncate(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= maxReasonBytes) return reason;
  return `${bytes
    .subarray(0, maxReasonBytes - 4)
    .toString()
    .replace(/\uFFFD$/, '')}…`;
}
