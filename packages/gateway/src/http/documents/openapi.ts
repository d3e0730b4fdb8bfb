import { STATUS_CODES } from 'node:http';
import {
  type ErrorCode,
  errorCodes,
  eventPageSchema,
  problemDetailsSchema,
  runChangesSchema,
  runDeletionSchema,
  runIdSchema,
  runListSchema,
  runSeriesSchema,
  runSummarySchema,
} from '@mnist-monitor/shared';
import {
  allMessages,
  componentJsonSchemas,
  type JsonSchema,
  queryJsonSchema,
} from '@mnist-monitor/shared/documents';
import { z } from 'zod';
import { statusFor } from '../plugins/problems.ts';
import { type Operation, operations } from './operations.ts';

const target = 'draft-2020-12';
/** Schemas that stand in the document once, under these names. */
const named: Record<string, z.ZodType> = {
  ...Object.fromEntries(
    allMessages().flatMap(({ name, isEvent, schema }) => (isEvent ? [[name, schema]] : [])),
  ),
  Problem: problemDetailsSchema,
  RunList: runListSchema,
  RunSummary: runSummarySchema,
  RunChanges: runChangesSchema,
  RunRemoved: runDeletionSchema,
  EventPage: eventPageSchema,
  RunSeries: runSeriesSchema,
};
const anyProblem: ErrorCode[] = ['request.forbidden', 'internal'];

export interface OpenApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
  style?: 'form';
  explode?: false;
}

type Content = Record<string, { schema: JsonSchema }>;

export interface OpenApiOperation {
  operationId: string;
  summary: string;
  parameters: OpenApiParameter[];
  requestBody?: { required: true; content: Content };
  responses: Record<string, { description: string; content?: Content }>;
  security?: Record<string, string[]>[];
}

/** What of the format is in use. */
export interface OpenApi {
  openapi: '3.1.1';
  info: {
    title: string;
    version: string;
    description: string;
    license: { name: string; identifier: string };
  };
  servers: { url: string }[];
  paths: Record<string, Partial<Record<Operation['method'], OpenApiOperation>>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: object };
}

/** The public port's routes as an OpenAPI 3.1 document. @param version of the gateway */
export function openapi(version: string): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const operation of operations)
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  return {
    openapi: '3.1.1',
    info: {
      title: 'MNIST Training Monitor: REST',
      version,
      description:
        'Runs as they are kept. Losses are nats per sample, accuracies fractions from 0 to 1, times seconds unless the name says otherwise. What happens live comes over sockets, which `/asyncapi.json` describes.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: componentJsonSchemas(named, target),
      securitySchemes: {
        commandToken: {
          type: 'http',
          scheme: 'bearer',
          description:
            'The command token. Needed where one is set; without one, changes are open on the machine of the gateway and off elsewhere.',
        },
      },
    },
  };
}

function describe({ id, summary, body, changes, ...operation }: Operation): OpenApiOperation {
  return {
    operationId: id,
    summary,
    parameters: parametersOf(operation),
    ...(body ? { requestBody: { required: true, content: json(body) } } : {}),
    responses: {
      200: { description: 'As asked.', content: contentOf(operation.answer) },
      ...(operation.tagged ? { 304: { description: 'The client has the answer already.' } } : {}),
      ...problemsOf([...operation.problems, ...anyProblem]),
      ...(body
        ? {
            413: problemResponse('The body is too large.', ['request.invalid']),
            415: problemResponse('The body is not JSON.', ['request.invalid']),
          }
        : {}),
    },
    ...(changes ? { security: [{ commandToken: [] }, {}] } : {}),
  };
}

function parametersOf({
  path,
  query,
  tagged,
}: Pick<Operation, 'path' | 'query' | 'tagged'>): OpenApiParameter[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]): OpenApiParameter => {
    const schema = name === 'runId' ? toSchema(runIdSchema) : ({ type: 'string' } as const);
    return { name: name!, in: 'path', required: true, schema };
  });
  const fields = query ? Object.entries(queryJsonSchema(query, target).properties ?? {}) : [];
  const inQuery = fields.map(([name, field]): OpenApiParameter => {
    const { description, ...schema } = field as JsonSchema;
    return {
      ...{ name, in: 'query', required: false },
      ...(description === undefined ? {} : { description }),
      schema,
      ...(schema.type === 'array' ? { style: 'form', explode: false } : {}),
    };
  });
  const tag: OpenApiParameter = {
    ...{ name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } },
    description: 'The ETag of the answer that the client has.',
  };
  return [...inPath, ...inQuery, ...(tagged ? [tag] : [])];
}

const contentOf = (answer: Operation['answer']): Content =>
  'schema' in answer ? json(answer.schema) : { [answer.type]: { schema: {} } };

/** The codes of each status, in one response. */
function problemsOf(codes: ErrorCode[]): OpenApiOperation['responses'] {
  const statuses = [...new Set(codes.map(statusFor))];
  return Object.fromEntries(
    statuses.map((status) => {
      const same = codes.filter((code) => statusFor(code) === status);
      const meanings = same.map((code) => `\`${code}\`: ${errorCodes[code].meaning}`);
      return [status, problemResponse(`${STATUS_CODES[status]}. ${meanings.join(' ')}`, same)];
    }),
  );
}

function problemResponse(description: string, codes: ErrorCode[]): OpenApiOperation['responses'][string] {
  const schema: JsonSchema = {
    allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
  };
  return { description, content: { 'application/problem+json': { schema } } };
}

const json = (schema: z.ZodType): Content => ({ 'application/json': { schema: toSchema(schema) } });

/** A reference where the schema has a name in the document. */
function toSchema(schema: z.ZodType): JsonSchema {
  const [name] = Object.entries(named).find(([, known]) => known === schema) ?? [];
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  const { $schema, ...inline } = z.toJSONSchema(schema, { io: 'input', target });
  return inline;
}
