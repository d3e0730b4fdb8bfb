import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, MonitorError } from '@mnist-monitor/shared';
import type { SocketAddresses } from '@mnist-monitor/shared/documents';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { writeProblem } from './problems.ts';

/** Options of `refuseOtherUpgrades`. */
export interface UpgradeOptions {
  /** The path of the port's only WebSocket. */
  path: string;
  /** Returns the WebSocket addresses of both ports, as the client of a request reaches them. */
  addressesFor: (request: FastifyRequest) => SocketAddresses;
  /** Called with the code of the problem when the headers of an upgrade are no WebSocket handshake. */
  onProblem: (code: ErrorCode) => void;
}

/** Refuses WebSocket upgrades at all paths of a port except one, and upgrades that are no WebSocket handshake. */
export function refuseOtherUpgrades(
  app: FastifyInstance,
  { path, addressesFor, onProblem }: UpgradeOptions,
): void {
  app.addHook('onRequest', async (request, reply) => {
    if (!request.ws) return;
    const requested = request.url.split('?', 1)[0]!;
    if (request.routeOptions.url !== path && requested !== path)
      throw new MonitorError(
        'request.not_found',
        `expected a WebSocket at ${path}, got one at ${requested.slice(0, 100)}; ${upgradeHint(addressesFor(request))}`,
      );
    if (request.method !== 'GET') {
      reply.header('allow', 'GET');
      throw new MonitorError(
        'request.method_not_allowed',
        `expected a WebSocket upgrade with GET, got ${request.method.slice(0, 20)}`,
      );
    }
  });
  // `ws` checks the headers of the handshake itself, after the hooks. Without this listener, it answers with plain text.
  app.websocketServer.on('wsClientError', (error: Error, socket: Socket, { headers }: IncomingMessage) => {
    onProblem('request.invalid');
    writeProblem(socket, {
      ...{ status: 400, code: 'request.invalid' },
      detail: `expected a WebSocket handshake (RFC 6455), got one with this error: ${error.message}`,
      ...(isKnownVersion(headers) ? {} : { headers: { 'Sec-WebSocket-Version': '13' } }),
    });
    socket.destroySoon();
  });
}

const isKnownVersion = (headers: IncomingMessage['headers']): boolean =>
  headers['sec-websocket-version'] === '13';

/** Returns the end of the error message for a client that tried another path or port. */
function upgradeHint({ public: { host, protocol, pathname = '' }, ingest }: SocketAddresses): string {
  return `viewers connect to ${protocol}://${host}${pathname}/live, publishers to ${ingest.protocol}://${ingest.host}/ingest`;
}
