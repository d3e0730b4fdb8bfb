import { asyncapi } from '@mnist-monitor/shared/documents';
import type { FastifyInstance } from 'fastify';
import { openapi } from '../documents/openapi.ts';
import { docsPage } from '../documents/page.ts';
import { docsStyle } from '../documents/style.ts';
import { version } from '../version.ts';

/** `/asyncapi.json` and `/openapi.json` for tools, `/docs` for people; each is made once. */
export function addDocumentRoutes(app: FastifyInstance): void {
  const sockets = asyncapi(version);
  const rest = openapi(version);
  const documents = {
    '/asyncapi.json': ['application/json; charset=utf-8', JSON.stringify(sockets)],
    '/openapi.json': ['application/json; charset=utf-8', JSON.stringify(rest)],
    '/docs': ['text/html; charset=utf-8', docsPage(rest, sockets)],
    '/docs.css': ['text/css; charset=utf-8', docsStyle],
  } as const;
  for (const [path, [type, text]] of Object.entries(documents))
    app.get(path, async (_request, reply) => reply.header('cache-control', 'no-cache').type(type).send(text));
}
