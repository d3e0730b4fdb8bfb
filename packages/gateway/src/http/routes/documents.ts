import { MonitorError } from '@mnist-monitor/shared';
import type { SocketAddresses } from '@mnist-monitor/shared/documents';
import type { RouteOptions } from 'fastify';
import { z } from 'zod';
import type { App } from '../app.ts';
import { addressesFor, type PortAddress } from '../documents/addresses.ts';
import type { Documents } from '../documents/build.ts';
import { responses } from '../route-schema.ts';

interface DocumentRoute {
  path: string;
  operationId: string;
  summary: string;
  /** The schema of a JSON response, or the content type of any other response. */
  ok: z.ZodType | string;
  text(documents: Documents, addresses: SocketAddresses): string;
}

const documentRoutes: readonly DocumentRoute[] = [
  {
    path: '/asyncapi.json',
    operationId: 'readAsyncApi',
    summary: 'The WebSockets, as an AsyncAPI 3.0 document.',
    ok: z.looseObject({ asyncapi: z.literal('3.0.0') }),
    text: ({ asyncApi }, addresses) => asyncApi(addresses),
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
    summary: 'The OpenAPI and AsyncAPI documents as an HTML page.',
    ok: 'text/html',
    text: ({ page }, addresses) => page(addresses),
  },
  {
    path: '/docs.css',
    operationId: 'readDocsStyle',
    summary: 'The style sheet of `/docs`.',
    ok: 'text/css',
    text: ({ style }) => style,
  },
];

const readJsonSchemaSchema = {
  operationId: 'readJsonSchema',
  summary:
    'A JSON Schema (draft 2020-12): `bundle.json` has every message of the WebSockets in `$defs`, each other file, such as `batch.json`, has one.',
  params: z.object({ file: z.string().describe('Name of the file, such as `bundle.json`.') }),
  response: responses({ ok: z.looseObject({ $schema: z.string() }), errors: ['request.not_found'] }),
};

/**
 * Adds `/openapi.json`, `/asyncapi.json` and `/schema/…` for tools, and `/docs` for people. The documents cover the
 * routes that are added after this call, and are built when one is first requested.
 * @throws TypeError when a route is added without a schema; `{ hide: true }` keeps a route out of the documents.
 */
export function addDocumentRoutes(app: App, ingest: PortAddress): void {
  const routes = collectRoutes(app);
  let documents: Promise<Documents> | undefined;
  const built = (): Promise<Documents> => {
    // Loaded on the first request, to keep the start of the gateway short.
    documents ??= import('../documents/build.ts').then(({ buildDocuments }) => buildDocuments(routes));
    return documents;
  };
  for (const { path, operationId, summary, ok, text } of documentRoutes) {
    const type = typeof ok === 'string' ? ok : 'application/json';
    const schema = { operationId, summary, response: responses({ ok }) };
    app.get(path, { schema }, async (request, reply) => {
      const content = text(await built(), addressesFor(request, ingest));
      return reply.header('cache-control', 'no-cache').type(`${type}; charset=utf-8`).send(content);
    });
  }
  app.get('/schema/:file', { schema: readJsonSchemaSchema }, async ({ params: { file } }, reply) => {
    const schema = (await built()).schemas.get(file);
    if (schema === undefined)
      throw new MonitorError('request.not_found', 'expected a schema such as bundle.json, got another name');
    return reply.header('cache-control', 'no-cache').type('application/json; charset=utf-8').send(schema);
  });
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
