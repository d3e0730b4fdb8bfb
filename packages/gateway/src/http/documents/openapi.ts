import swagger, { type SwaggerTransform } from '@fastify/swagger';
import {
  eventPageSchema,
  problemDetailsSchema,
  runChangesSchema,
  runDeletionSchema,
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
import Fastify, { type RouteOptions } from 'fastify';
import { z } from 'zod';
import type { ResponseSchema } from '../route-schema.ts';

const target = 'draft-2020-12';

/** The schemas that the document defines once, by name. Routes refer to them. */
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
  parameters?: OpenApiParameter[];
  requestBody?: { required: true; content: Content };
  responses: Record<string, { description: string; content?: Content }>;
  security?: Record<string, string[]>[];
}

/** The parts of an OpenAPI 3.1 document that this gateway writes. */
export interface OpenApi {
  openapi: '3.1.1';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: object };
}

/**
 * Builds the OpenAPI 3.1 document of the given routes. `@fastify/swagger` reads them in a server that never listens:
 * loading the plugin takes about 70 ms, which would delay every start of the gateway if the gateway's servers used it.
 */
export async function openApiDocument(routes: readonly RouteOptions[], version: string): Promise<OpenApi> {
  const app = Fastify({ exposeHeadRoutes: false });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => String);
  await app.register(swagger, {
    openapi: documentHead(version),
    convertConstToEnum: false,
    // The default, true, would parse the address in `servers` and fail, because the address is relative.
    stripBasePath: false,
    transform,
    transformObject: (document) =>
      complete((document as unknown as { openapiObject: OpenApi }).openapiObject),
  });
  for (const { method, url, schema = {} } of routes)
    app.route({ method, url, schema, handler: async () => undefined });
  await app.ready();
  return app.swagger() as unknown as OpenApi;
}

const documentHead = (version: string) => ({
  openapi: '3.1.1',
  info: {
    title: 'MNIST Training Monitor: REST',
    version,
    description:
      'Stored runs. Losses are nats per sample unless the run has another `lossUnit`, accuracies fractions from 0 to 1, times seconds unless the name says otherwise. Live events come over WebSockets, which `/asyncapi.json` describes.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  // Relative to the document's address, which a proxy may serve below a path such as /monitor/.
  servers: [{ url: '.' }],
  // Routes need no token unless they have their own `security`.
  security: [],
  components: {
    securitySchemes: {
      commandToken: {
        type: 'http' as const,
        scheme: 'bearer',
        description:
          'The command token. Required where one is set. Where none is set, only clients on the machine of the gateway can change runs.',
      },
    },
  },
});

/** Turns the zod schemas of a route into JSON Schema. */
const transform: SwaggerTransform = ({ schema, url }) => {
  const {
    params,
    querystring,
    body,
    response = {},
    ...rest
  } = schema as {
    params?: z.ZodObject;
    querystring?: z.ZodObject;
    body?: z.ZodType;
    response?: Record<string, ResponseSchema>;
  };
  return {
    url,
    schema: {
      ...rest,
      ...(params && { params: toSchema(params) }),
      ...(querystring && { querystring: queryJsonSchema(querystring, target) }),
      ...(304 in response && { headers: conditionalHeaders }),
      ...(body && { body: toSchema(body) }),
      response: mapValues(response, (answer) =>
        'content' in answer
          ? { ...answer, content: mapValues(answer.content, ({ schema }) => ({ schema: toSchema(schema) })) }
          : answer,
      ),
    },
  };
};

const conditionalHeaders: JsonSchema = {
  type: 'object',
  properties: {
    'If-None-Match': { type: 'string', description: 'The ETag of the response that the client has.' },
  },
};

/** Adds what `@fastify/swagger` cannot know: the JSON of the named schemas, and that lists are separated by commas. */
function complete(document: OpenApi): OpenApi {
  for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods)))
    for (const parameter of operation.parameters ?? [])
      if (parameter.schema.type === 'array') Object.assign(parameter, { style: 'form', explode: false });
  const { securitySchemes } = document.components;
  return { ...document, components: { schemas: componentJsonSchemas(named, target), securitySchemes } };
}

/** Converts a zod schema to JSON Schema: a reference when the document names the schema, else the schema itself. */
function toSchema(schema: z.ZodType | JsonSchema): JsonSchema {
  if (!(schema instanceof z.ZodType)) return schema;
  const [name] = Object.entries(named).find(([, known]) => known === schema) ?? [];
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  const { $schema, ...inline } = z.toJSONSchema(schema, { io: 'input', target });
  return inline;
}

function mapValues<V, R>(object: Record<string, V>, change: (value: V) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
