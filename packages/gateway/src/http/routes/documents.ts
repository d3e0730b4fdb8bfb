import { type AsyncApiDocument, asyncApiDocument } from '@mnist-monitor/shared/documents';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { version } from '../../version.ts';
import { openapi } from '../documents/openapi.ts';
import { docsPage } from '../documents/page.ts';
import { docsStyle } from '../documents/style.ts';

const types = {
  '/asyncapi.json': 'application/json; charset=utf-8',
  '/openapi.json': 'application/json; charset=utf-8',
  '/docs': 'text/html; charset=utf-8',
  '/docs.css': 'text/css; charset=utf-8',
} as const;

type Texts = Record<keyof typeof types, (request: FastifyRequest) => string>;

/** `/asyncapi.json` and `/openapi.json` for tools, `/docs` for people; made once, when one is first asked for. */
export function addDocumentRoutes(app: FastifyInstance): void {
  let texts: Texts | undefined;
  for (const path of Object.keys(types) as (keyof Texts)[])
    app.get(path, async (request, reply) => {
      texts ??= write();
      return reply.header('cache-control', 'no-cache').type(types[path]).send(texts[path](request));
    });
}

function write(): Texts {
  const sockets = asyncApiDocument(version);
  const rest = openapi(version);
  const [openapiText, page] = [JSON.stringify(rest), docsPage(rest, sockets)];
  return {
    '/asyncapi.json': (request) => JSON.stringify(reachedBy(request, sockets)),
    '/openapi.json': () => openapiText,
    '/docs': () => page,
    '/docs.css': () => docsStyle,
  };
}

/** The live feed is where the document was asked for, whatever stands between. */
function reachedBy({ host, protocol }: FastifyRequest, sockets: AsyncApiDocument): AsyncApiDocument {
  const live = { ...sockets.servers.public!, host, protocol: protocol === 'https' ? 'wss' : 'ws' };
  return { ...sockets, servers: { ...sockets.servers, public: live } };
}
