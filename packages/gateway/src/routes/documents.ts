import { asyncapi } from '@mnist-monitor/shared/documents';
import type { FastifyInstance } from 'fastify';
import { openapi } from '../documents/openapi.ts';
import { docsPage } from '../documents/page.ts';
import { docsStyle } from '../documents/style.ts';
import { version } from '../version.ts';

const types = {
  '/asyncapi.json': 'application/json; charset=utf-8',
  '/openapi.json': 'application/json; charset=utf-8',
  '/docs': 'text/html; charset=utf-8',
  '/docs.css': 'text/css; charset=utf-8',
} as const;

type Texts = Record<keyof typeof types, string>;

/** `/asyncapi.json` and `/openapi.json` for tools, `/docs` for people; made once, when one is first asked for. */
export function addDocumentRoutes(app: FastifyInstance): void {
  let texts: Texts | undefined;
  for (const path of Object.keys(types) as (keyof Texts)[])
    app.get(path, async (_request, reply) => {
      texts ??= write();
      return reply.header('cache-control', 'no-cache').type(types[path]).send(texts[path]);
    });
}

function write(): Texts {
  const sockets = asyncapi(version);
  const rest = openapi(version);
  return {
    '/asyncapi.json': JSON.stringify(sockets),
    '/openapi.json': JSON.stringify(rest),
    '/docs': docsPage(rest, sockets),
    '/docs.css': docsStyle,
  };
}
