import { type AsyncApiDocument, asyncApiDocument } from '@mnist-monitor/shared/documents';
import type { RouteOptions } from 'fastify';
import { version } from '../../version.ts';
import { docsPage } from './docs-page.ts';
import { docsStyle } from './docs-style.ts';
import { openapi } from './openapi.ts';

/** The API's documents: as an object that is completed for each request, or as the body of a response. */
export interface Documents {
  asyncApi: AsyncApiDocument;
  openApi: string;
  page: string;
  style: string;
}

/** Builds the documents of the given routes and of the WebSockets. */
export async function buildDocuments(routes: readonly RouteOptions[]): Promise<Documents> {
  const asyncApi = asyncApiDocument(version);
  const openApi = await openapi(routes, version);
  return { asyncApi, openApi: JSON.stringify(openApi), page: docsPage(openApi, asyncApi), style: docsStyle };
}
