import { type AsyncApiDocument, asyncApiDocument } from '@mnist-monitor/shared/documents';
import type { RouteOptions } from 'fastify';
import { version } from '../../version.ts';
import { docsPage } from './docs-page.ts';
import { docsStyle } from './docs-style.ts';
import { openapi } from './openapi.ts';

/** The API's descriptions; each string is the body of a response. */
export interface Documents {
  asyncApi: AsyncApiDocument;
  openApi: string;
  page: string;
  style: string;
}

/** Describes the given routes, and the WebSockets, for tools and for people. */
export async function buildDocuments(routes: readonly RouteOptions[]): Promise<Documents> {
  const asyncApi = asyncApiDocument(version);
  const openApi = await openapi(routes, version);
  return { asyncApi, openApi: JSON.stringify(openApi), page: docsPage(openApi, asyncApi), style: docsStyle };
}
