import {
  type AsyncApiDocument,
  asyncApiDocument,
  bundledJsonSchema,
  messageJsonSchemas,
  type SocketAddresses,
  serversAt,
} from '@mnist-monitor/shared/documents';
import type { RouteOptions } from 'fastify';
import { version } from '../../version.ts';
import { docsPage } from './docs-page.ts';
import { docsStyle } from './docs-style.ts';
import { openApiDocument } from './openapi.ts';

/** The API's documents, as the bodies of responses. Two of them contain the addresses of both ports. */
export interface Documents {
  asyncApi(addresses: SocketAddresses): string;
  openApi: string;
  page(addresses: SocketAddresses): string;
  style: string;
  /** JSON Schemas by the name of their file: one of each message, and `bundle.json` with all of them. */
  schemas: ReadonlyMap<string, string>;
}

/** Builds the documents of the given routes and of the WebSockets. */
export async function buildDocuments(routes: readonly RouteOptions[]): Promise<Documents> {
  const openApi = await openApiDocument(routes, version);
  const sockets = asyncApiDocument(version);
  const socketsAt = (addresses: SocketAddresses): AsyncApiDocument => ({
    ...sockets,
    servers: serversAt(addresses),
  });
  const schemas = Object.entries({ ...messageJsonSchemas(), bundle: bundledJsonSchema() });
  return {
    asyncApi: (addresses) => JSON.stringify(socketsAt(addresses)),
    openApi: JSON.stringify(openApi),
    page: (addresses) => docsPage(openApi, socketsAt(addresses)),
    style: docsStyle,
    schemas: new Map(schemas.map(([name, schema]) => [`${name}.json`, JSON.stringify(schema)])),
  };
}
