import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, errorCodes, MonitorError } from '@mnist-monitor/shared';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Limits } from '../../limits.ts';
import { TokenBucket } from '../../sockets/token-bucket.ts';
import { isStoreError, publicMessage } from '../../store/health-checked-store.ts';
import { ProxyConfigurationError, unknownAddress } from './proxy-errors.ts';

const statusByCode: Partial<Record<ErrorCode, number>> = {
  'request.invalid': 400,
  'file.invalid': 400,
  'command.unauthorized': 401,
  'publish.unauthorized': 401,
  'command.off': 403,
  'request.forbidden': 403,
  'request.not_found': 404,
  'run.not_found': 404,
  'request.method_not_allowed': 405,
  'run.busy': 409,
  'file.too_many': 409,
  'file.too_large': 413,
  'request.too_many': 429,
  'files.full': 507,
  // Without a `Retry-After`, because it lasts until the run is deleted.
  'run.damaged': 500,
  'server.full': 503,
  'runs.unwritable': 503,
  'store.unusable': 503,
  'store.in_use': 503,
  'store.full': 503,
  'store.read_only': 503,
  'store.vanished': 503,
  'store.failing': 503,
  'store.stalled': 503,
  'store.crashed': 503,
};

/** Returns the HTTP status of a problem with this code; 500 for codes without a status of their own. */
export const statusFor = (code: ErrorCode): number => statusByCode[code] ?? 500;

/** The `Retry-After` of responses whose cause is temporary (429 and 503), in seconds. */
export const retryAfterSeconds = 10;
const temporaryStatuses = new Set([429, 503]);

/** The statuses of requests that were not permitted or came too often. Each such request is logged as a warning. */
const suspiciousStatuses = new Set([401, 403, 429]);

type SendProblem = (
  error: FastifyError | MonitorError,
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply;

/** Answers a request for an unknown address and returns true, or returns false to have it answered with a 404 problem. */
export type HandleNotFound = (request: FastifyRequest, reply: FastifyReply) => boolean;

/** Answers every error and every unknown address of a server with a problem. */
export function addProblems(
  app: FastifyInstance,
  sendProblem: SendProblem,
  handleNotFound: HandleNotFound = () => false,
): void {
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    if (handleNotFound(request, reply)) return reply;
    return sendProblem(unknownAddress(request), request, reply);
  });
}

/**
 * Returns a function that answers an error as `application/problem+json` (RFC 9457) with a stable `code`. The function
 * also handles errors before routing, such as a URL that cannot be decoded.
 * @param onProblem receives the code of each problem.
 */
export function problemSender(
  onProblem: (code: ErrorCode) => void,
  { proxyWarningsPerSecond, proxyWarningBurst }: Pick<Limits, 'proxyWarningsPerSecond' | 'proxyWarningBurst'>,
): SendProblem {
  const warnings = new TokenBucket({ perSecond: proxyWarningsPerSecond, burst: proxyWarningBurst });
  return (error, request, reply) => {
    const { code, status, detail } = toProblem(error);
    onProblem(code);
    // The gateway logs a failing store once; a line for each request would hide all other lines.
    if (status >= 500 && !isStoreError(error)) request.log.error({ err: error }, 'a request failed');
    else if (suspiciousStatuses.has(status))
      request.log.warn({ code, detail, address: request.ip }, 'a request was refused');
    else if (error instanceof ProxyConfigurationError && warnings.take())
      request.log.warn({ code, detail, address: request.ip }, 'the settings of a proxy are wrong');
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    if (temporaryStatuses.has(status)) reply.header('retry-after', retryAfterSeconds);
    return reply
      .code(status)
      .type('application/problem+json')
      .send({ title: STATUS_CODES[status], status, code, detail });
  };
}

/**
 * Answers what Fastify has no request object for (bytes that are no HTTP request, a request that is late or has too many headers,
 * or CONNECT), and disconnects the client.
 */
export function sendUnreadableProblem(
  error: NodeJS.ErrnoException,
  socket: Socket,
  onProblem: (code: ErrorCode) => void,
): void {
  // Nothing can be answered after a reset, or on a connection that is being closed, although bytes may still arrive there.
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const problem = unreadable[error.code ?? ''] ?? notHttp;
  onProblem(problem.code);
  writeProblem(socket, problem);
  socket.destroySoon();
}

export interface Problem {
  status: number;
  code: ErrorCode;
  detail: string;
  headers?: Record<string, string>;
}

/** Writes a problem as a whole HTTP response to a socket, for requests without a `FastifyReply`. */
export function writeProblem(socket: Socket, { status, code, detail, headers = {} }: Problem): void {
  if (!socket.writable) return;
  const title = STATUS_CODES[status];
  const body = JSON.stringify({ title, status, code, detail });
  const lines = Object.entries({
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`);
}

/** The code of the error for a CONNECT request, which asks this server to be a proxy. */
export const connectRefused = 'ERR_CONNECT_REFUSED';

const notHttp: Problem = { status: 400, code: 'request.invalid', detail: 'expected an HTTP request' };

const unreadable: Record<string, Problem | undefined> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    ...{ status: 408, code: 'request.invalid' },
    detail: 'expected the whole request within the time limit',
  },
  HPE_HEADER_OVERFLOW: {
    ...{ status: 431, code: 'request.invalid' },
    detail: 'expected at most 16 kB of headers',
  },
  [connectRefused]: {
    ...{ status: 405, code: 'request.method_not_allowed' },
    detail: 'expected a request to this server, got CONNECT: it is no proxy',
    headers: { Allow: 'GET, HEAD, OPTIONS' },
  },
};

function toProblem(error: FastifyError | MonitorError): { code: ErrorCode; status: number; detail: string } {
  if (error instanceof MonitorError) {
    const { code, message } = error;
    return { code, status: statusFor(code), detail: isStoreError(error) ? publicMessage(error) : message };
  }
  const status = error.statusCode ?? 500;
  // The message of an unexpected error may contain paths or data, so only the log gets it.
  if (status >= 500) return { code: 'internal', status: 500, detail: errorCodes.internal.meaning };
  return { code: 'request.invalid', status, detail: error.message };
}
