import type { AsyncApiDocument } from '@mnist-monitor/shared/documents';
import type { FastifyRequest, RouteOptions } from 'fastify';
import { z } from 'zod';
import type { App } from '../app.ts';
import type { Documents } from '../documents/build.ts';
import { responses } from '../route-schema.ts';

interface DocumentRoute {
  path: string;
  operationId: string;
  summary: string;
  /** The schema of a JSON response, or the content type of any other response. */
  ok: z.ZodType | string;
  text(documents: Documents, request: FastifyRequest): string;
}

const documentRoutes: readonly DocumentRoute[] = [
  {
    path: '/asyncapi.json',
    operationId: 'readAsyncApi',
    summary: 'The WebSockets, as an AsyncAPI 3.0 document.',
    ok: z.looseObject({ asyncapi: z.literal('3.0.0') }),
    text: ({ asyncApi }, request) => JSON.stringify(atAddressOf(request, asyncApi)),
  },
  {
    path: '/openapi.json',
    operationId: 'readOpenApi',
    summary: 'This document.',
    ok: z.looseObject({ openapi: z.literal('3.1.1') }),
    text: ({ openApi }) => openApi,
  },
  {
    path: '/docs',
    operationId: 'readDocs',
    summary: 'Both documents as a page.',
    ok: 'text/html',
    text: ({ page }) => page,
  },
  {
    path: '/docs.css',
    operationId: 'readDocsStyle',
    summary: 'The style sheet of that page.',
    ok: 'text/css',
    text: ({ style }) => style,
  },
];

/**
 * Adds `/openapi.json` and `/asyncapi.json` for tools, and `/docs` for people. The documents cover the routes that are
 * added after this call, and are built when one is first requested.
 * @throws TypeError when a route is added without a schema; `{ hide: true }` keeps a route out of the documents.
 */
export function addDocumentRoutes(app: App): void {
  const routes = collectRoutes(app);
  let documents: Promise<Documents> | undefined;
  for (const { path, operationId, summary, ok, text } of documentRoutes) {
    const type = typeof ok === 'string' ? ok : 'application/json';
    const schema = { operationId, summary, response: responses({ ok }) };
    app.get(path, { schema }, async (request, reply) => {
      // Loaded on the first request, to keep the start of the gateway short.
      documents ??= import('../documents/build.ts').then(({ buildDocuments }) => buildDocuments(routes));
      const content = text(await documents, request);
      return reply.header('cache-control', 'no-cache').type(`${type}; charset=utf-8`).send(content);
    });
  }
}

/** Returns a list to which every documented route is appended when it is added to the server. */
function collectRoutes(app: App): RouteOptions[] {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    if (!route.schema)
      throw new TypeError(`expected a schema of the route ${route.method} ${route.url}, got none`);
    // Fastify adds a HEAD route to each GET.
    if (!route.schema.hide && route.method !== 'HEAD') routes.push(route);
  });
  return routes;
}

/** Returns the document with the address at which the client reached the gateway, through any proxies. */
function atAddressOf(request: FastifyRequest, asyncApi: AsyncApiDocument): AsyncApiDocument {
  const { host, protocol } = request;
  const pathname = pathPrefix(request);
  const live = {
    ...asyncApi.servers.public!,
    host,
    protocol: protocol === 'https' ? 'wss' : 'ws',
    ...(pathname !== undefined && { pathname }),
  };
  return { ...asyncApi, servers: { ...asyncApi.servers, public: live } };
}

/** Returns the path below which a trusted proxy serves the gateway, such as `/monitor`; undefined where it names none. */
function pathPrefix({ headers, ips = [] }: FastifyRequest): string | undefined {
  const prefix = String(headers['x-forwarded-prefix'] ?? '');
  // As for `host` and `protocol`, the header counts only where `--proxies` names the sender. Then it is the first of `ips`.
  return ips.length > 1 && /^(\/[\w.~@%-]+)+$/.test(prefix) ? prefix : undefined;
}
