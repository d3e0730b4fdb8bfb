import { type IncomingMessage, maxHeaderSize, type ServerResponse } from 'node:http';
import { formatIssues, MonitorError, validate } from '@mnist-monitor/shared';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifySchemaCompiler,
  LogController,
  type RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Limits } from '../limits.ts';
import type { Metrics } from '../metrics.ts';
import { addressMatcher, isThisMachine } from '../sockets/addresses.ts';
import { ConnectionsPerAddress } from '../sockets/connections-per-address.ts';
import { withoutPorts } from '../trust/forwarded-for.ts';
import { serverFactory } from './http-server.ts';
import { closeAfterEarlyResponses } from './lingering-close.ts';
import {
  addProblems,
  type HandleNotFound,
  problemSender,
  sendUnreadableProblem,
} from './plugins/problems.ts';
import { limitProxiedRequests } from './plugins/proxied-requests.ts';
import { boundUnreadReplies } from './plugins/unread-replies.ts';

/** A Fastify server whose routes are validated and typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface AppOptions {
  log: FastifyBaseLogger;
  limits: Limits;
  metrics: Metrics;
  /** Addresses of the proxies whose `X-Forwarded-*` headers are trusted; none by default. */
  proxies?: string[] | undefined;
  handleNotFound?: HandleNotFound;
}

/** Creates a server with the gateway's limits, validation and problem responses; it has no routes yet. */
export function createApp({ log, limits, metrics, proxies = [], handleNotFound }: AppOptions): App {
  const sendProblem = problemSender((code) => metrics.refused(code), limits);
  const isProxy = addressMatcher(proxies);
  const connections = new ConnectionsPerAddress({
    limit: limits.connectionsPerAddress,
    isExempt: (address) => isThisMachine(address) || isProxy(address),
    onRefused: (address) => {
      metrics.refused('request.too_many');
      log.debug({ address }, 'a connection was refused: its address has too many');
    },
  });
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: proxies,
    serverFactory: serverFactory({
      limits,
      connections,
      onUnreadable: (error, socket) => sendUnreadableProblem(error, socket, (code) => metrics.refused(code)),
    }),
    // Ids of any length reach the schema, which refuses long ones like every other invalid id.
    routerOptions: { maxParamLength: maxHeaderSize },
    frameworkErrors: sendProblem,
    // Empty, because `serverFactory` handles these errors: Fastify would do so for one server only, and a host name with several
    // addresses has a server for each.
    clientErrorHandler: () => {},
    // Requests that arrive while the server closes are answered as long as their connection is open.
    return503OnClosing: false,
  });
  app.setValidatorCompiler(validatorCompiler);
  // Does not apply the response schema, which only documents a route: replies are built from checked data, most as text already.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  if (proxies.length > 0) {
    app.addHook('onRequest', async ({ headers }) => {
      const forwardedFor = headers['x-forwarded-for'];
      // Fastify reads the address of the client from this header.
      if (forwardedFor !== undefined) headers['x-forwarded-for'] = withoutPorts(String(forwardedFor));
    });
    limitProxiedRequests(app, connections);
  }
  boundUnreadReplies(app, limits);
  closeAfterEarlyResponses(app);
  addProblems(app, sendProblem, handleNotFound);
  return app.withTypeProvider<ZodTypeProvider>();
}

/** Validates a part of a request by its zod schema; errors are formatted like those of socket messages. */
const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data) => {
    const result = validate(schema, data);
    if (result.ok) return { value: result.value };
    return { error: new MonitorError('request.invalid', formatIssues(result.error.issues)) };
  };
