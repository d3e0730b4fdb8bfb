import { STATUS_CODES } from 'node:http';
import { type ErrorCode, errorCodes, MonitorError } from '@mnist-monitor/shared';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isStoreError, publicMessage } from '../../store/health-checked-store.ts';

const statusOf: Partial<Record<ErrorCode, number>> = {
  'request.invalid': 400,
  'command.unauthorized': 401,
  'command.off': 403,
  'request.forbidden': 403,
  'request.not_found': 404,
  'run.not_found': 404,
  'run.busy': 409,
  'request.too_many': 429,
  'server.full': 503,
  'store.unusable': 503,
  'store.in_use': 503,
  'store.full': 503,
  'store.read_only': 503,
  'store.vanished': 503,
  'store.failing': 503,
};

/** The HTTP status of an answer with this code. */
export const statusFor = (code: ErrorCode): number => statusOf[code] ?? 500;

/** With these, the same may be asked for again after so many seconds. */
const passing = new Set([429, 503]);
export const retryAfterSeconds = 10;

/** Not allowed, or too often: worth a line in the log. */
const suspicious = new Set([401, 403, 429]);

type SendProblem = (
  error: FastifyError | MonitorError,
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply;

/** Answers a request for what is not there in another way; false when it leaves that to others. */
export type SendMissing = (request: FastifyRequest, reply: FastifyReply) => boolean;

/** Answers every error of an app with what `problemSender` made. */
export function addProblems(
  app: FastifyInstance,
  sendProblem: SendProblem,
  sendMissing: SendMissing = () => false,
): void {
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => {
    if (sendMissing(request, reply)) return reply;
    const error = new MonitorError('request.not_found', `nothing is at ${request.url.slice(0, 200)}`);
    return sendProblem(error, request, reply);
  });
}

/**
 * Answers an error as `application/problem+json` (RFC 9457) with a stable `code`: also one that comes before any route
 * is found, such as an address that cannot be decoded.
 * @param onProblem Hears the code of each.
 */
export const problemSender =
  (onProblem: (code: ErrorCode) => void): SendProblem =>
  (error, request, reply) => {
    const { code, status, detail } = describe(error);
    onProblem(code);
    if (status >= 500) request.log.error({ err: error }, 'a request failed');
    else if (suspicious.has(status)) request.log.warn({ code, address: request.ip }, 'a request was refused');
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    if (passing.has(status)) reply.header('retry-after', retryAfterSeconds);
    return reply
      .code(status)
      .type('application/problem+json')
      .send({ title: STATUS_CODES[status], status, code, detail });
  };

function describe(error: FastifyError | MonitorError): { code: ErrorCode; status: number; detail: string } {
  if (error instanceof MonitorError) {
    const { code, message } = error;
    return { code, status: statusFor(code), detail: isStoreError(error) ? publicMessage(error) : message };
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) return { code: 'internal', status: 500, detail: errorCodes.internal.meaning };
  return { code: 'request.invalid', status, detail: error.message };
}
