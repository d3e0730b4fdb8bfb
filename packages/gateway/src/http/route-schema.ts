import { STATUS_CODES } from 'node:http';
import { type ErrorCode, errorCodes, runIdSchema } from '@mnist-monitor/shared';
import type { JsonSchema } from '@mnist-monitor/shared/documents';
import { z } from 'zod';
import { statusFor } from './plugins/problems.ts';

/** The path parameters of a route below `/api/runs/:runId`. */
export const runParams = z.object({ runId: runIdSchema });

/** Codes with which any route that reads the store can fail. */
export const storeErrors = (Object.keys(errorCodes) as ErrorCode[]).filter((code) =>
  code.startsWith('store.'),
);
/** Codes with which any route of one run can fail. */
export const runErrors: readonly ErrorCode[] = [
  'request.invalid',
  'run.not_found',
  'run.damaged',
  ...storeErrors,
];
/** Codes with which any route that changes a run can fail. */
export const changeErrors: readonly ErrorCode[] = [
  ...runErrors,
  'command.unauthorized',
  'command.off',
  'request.too_many',
];
/** Codes with which every route can fail. */
const commonErrors: readonly ErrorCode[] = ['request.forbidden', 'internal'];

/** OpenAPI `security` of a route that requires the command token if the gateway has one. */
export const commandTokenSecurity = [{ commandToken: [] }, {}];

export interface ResponseOptions {
  /** Schema of the JSON body of a 200 response, or the content types of a body that is not described by a schema. */
  ok: z.ZodType | string | readonly string[];
  /** Error codes that this route can answer with, besides those of every route. */
  errors?: readonly ErrorCode[];
  /** Whether the route has an ETag and answers 304 to `If-None-Match`. */
  hasEtag?: boolean;
  /** Whether the route sends the part of its content that a `Range` asks for. */
  hasRanges?: boolean;
  /** Whether the route reads a JSON body. */
  hasBody?: boolean;
}

/** A response as Fastify and `@fastify/swagger` read it; one of type `null` has no body. */
export type ResponseSchema =
  | { description: string; content: Record<string, { schema: z.ZodType | JsonSchema }> }
  | { description: string; type: 'null' };

/** Returns the responses of a route by status: its success, and one problem for each status of its error codes. */
export function responses({
  ok,
  errors: codes = [],
  hasEtag,
  hasRanges,
  hasBody,
}: ResponseOptions): Record<number, ResponseSchema> {
  const content =
    ok instanceof z.ZodType
      ? { 'application/json': { schema: ok } }
      : Object.fromEntries([ok].flat().map((type) => [type, { schema: {} }]));
  return {
    200: { description: 'Success.', content },
    ...(hasEtag && { 304: { description: 'The content has not changed.', type: 'null' as const } }),
    ...(hasRanges && {
      206: { description: 'The part of the content that `Range` asks for.', content },
      416: problem('The content has none of the bytes that `Range` asks for.', ['request.invalid']),
    }),
    ...problems([...codes, ...commonErrors]),
    ...(hasBody && {
      413: problem('The body is too large.', ['request.invalid']),
      415: problem('The body is not JSON.', ['request.invalid']),
    }),
  };
}

function problems(codes: ErrorCode[]): Record<number, ResponseSchema> {
  const statuses = [...new Set(codes.map(statusFor))];
  return Object.fromEntries(
    statuses.map((status) => {
      const own = codes.filter((code) => statusFor(code) === status);
      const meanings = own.map((code) => `\`${code}\`: ${errorCodes[code].meaning}`);
      return [status, problem(`${STATUS_CODES[status]}. ${meanings.join(' ')}`, own)];
    }),
  );
}

function problem(description: string, codes: ErrorCode[]): ResponseSchema {
  const schema: JsonSchema = {
    allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
  };
  return { description, content: { 'application/problem+json': { schema } } };
}
