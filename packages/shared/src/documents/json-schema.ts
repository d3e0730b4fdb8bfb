import { z } from 'zod';
import { eventDataSchemas } from '../schemas/events.ts';
import { runSummarySchema } from '../schemas/runs.ts';
import { allMessages, messageUnions, toPascalCase } from './messages.ts';

/** A JSON Schema as a plain object. */
export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A draft of JSON Schema: OpenAPI 3.1 uses `draft-2020-12`, AsyncAPI 3.0 uses `draft-7`. */
export type Draft = 'draft-2020-12' | 'draft-7';

/** The schemas that several messages and responses contain. A document defines each once and refers to it. */
const sharedSchemas: Record<string, z.ZodType> = {
  ...Object.fromEntries(
    Object.entries(eventDataSchemas).map(([type, schema]) => [`${toPascalCase(type)}Data`, schema]),
  ),
  RunSummary: runSummarySchema,
};

/** Changes what strict validators reject, and what leads to inconvenient types in generated code. */
const override = ({ jsonSchema }: { jsonSchema: JsonSchema }): void => {
  // `contentEncoding` has the same meaning as the format `base64`.
  if (jsonSchema.contentEncoding !== undefined) delete jsonSchema.format;
  // With `integer`, generated code has an integer for a constant such as version 1, instead of a floating-point number.
  const constants = jsonSchema.enum ?? [jsonSchema.const];
  if (jsonSchema.type === 'number' && constants.every(Number.isInteger)) jsonSchema.type = 'integer';
};

/**
 * Converts the given schemas, and the shared ones, for `components.schemas` of a document, with references between them.
 * The results describe the JSON as it is sent, before parsing fills in defaults and converts strings.
 */
export const componentJsonSchemas = (
  given: Record<string, z.ZodType>,
  target: Draft,
): Record<string, JsonSchema> =>
  namedJsonSchemas({ ...sharedSchemas, ...given }, { target, folder: '#/components/schemas/' });

/** Converts schemas that refer to each other by name: each is defined once, at its name below `folder`. */
function namedJsonSchemas(
  named: Record<string, z.ZodType>,
  { target, folder }: { target: Draft; folder: string },
): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const uri = (id: string): string => folder + id;
  const { schemas } = z.toJSONSchema(registry, { io: 'input', target, uri, override });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema as JsonSchema]),
  );
}

/**
 * Converts the schema of a query. Each field has its type after parsing, such as an array for `types`.
 * `required` is removed, because it lists fields with a default, which a query may omit.
 */
export function queryJsonSchema(query: z.ZodObject, target: Draft): JsonSchema {
  const { $schema, required, additionalProperties, ...schema } = z.toJSONSchema(query, {
    io: 'output',
    target,
  });
  return schema;
}

/** Returns a complete JSON Schema for each type of message, by a name such as `run-started`. */
export function messageJsonSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(
    allMessages().map(({ name, summary, schema }) => {
      const jsonSchema = z.toJSONSchema(schema, { io: 'input', override });
      return [toFileName(name), { ...jsonSchema, title: name, description: summary }];
    }),
  );
}

/** `$id` of the bundle: a URN, because no fixed address serves the schemas. */
const bundleId = 'urn:mnist-training-monitor:messages';

/**
 * Returns one JSON Schema with every message in `$defs`, each defined once, for programs that generate code. It also
 * defines the unions of `messageUnions`, and itself accepts each message of them. A union of a single message is not
 * defined again: generators would have two names for one type, and the Go of quicktype does not compile then.
 */
export function bundledJsonSchema(): JsonSchema {
  const messages = new Map(allMessages().map(({ name, schema }) => [schema, name]));
  const unions = Object.entries(messageUnions());
  const refTo = (name: string): { $ref: string } => ({ $ref: `#/$defs/${name}` });
  const named = {
    ...sharedSchemas,
    ...Object.fromEntries(unions.filter(([, schema]) => !messages.has(schema))),
    ...Object.fromEntries([...messages].map(([schema, name]) => [name, schema])),
  };
  const $defs = namedJsonSchemas(named, { target: 'draft-2020-12', folder: '#/$defs/' });
  for (const { name, summary } of allMessages())
    $defs[name] = { ...$defs[name], title: name, description: summary };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: bundleId,
    title: 'Message',
    description: 'Any message on the WebSockets of MNIST Training Monitor.',
    anyOf: unions.map(([name, schema]) => refTo(messages.get(schema) ?? name)),
    $defs,
  };
}

/** Converts `RunStarted` to `run-started`. */
const toFileName = (name: string): string =>
  name.replaceAll(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
