import { z } from 'zod';
import { eventDataSchemas } from '../schemas/events.ts';
import { runSummarySchema } from '../schemas/runs.ts';
import { allMessages, toPascalCase } from './messages.ts';

/** A JSON Schema as plain JSON. */
export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The drafts that the documents are bound to: OpenAPI 3.1 to the newer, AsyncAPI 3.0 to the older. */
export type Draft = 'draft-2020-12' | 'draft-7';

/** What the messages and the answers have in common, so that it is written once in a document. */
const parts: Record<string, z.ZodType> = {
  ...Object.fromEntries(
    Object.entries(eventDataSchemas).map(([type, schema]) => [`${toPascalCase(type)}Data`, schema]),
  ),
  RunSummary: runSummarySchema,
};

/** `base64` is no format of JSON Schema, and a strict validator refuses it; `contentEncoding` says the same. */
const override = ({ jsonSchema }: { jsonSchema: JsonSchema }): void => {
  if (jsonSchema.contentEncoding !== undefined) delete jsonSchema.format;
};

/**
 * Schemas as they stand in `components.schemas` of a document, with references to each other: of those given, and of
 * the parts that messages have in common. All as they travel, before a default is filled in or a string is read.
 */
export function componentJsonSchemas(
  given: Record<string, z.ZodType>,
  target: Draft,
): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries({ ...parts, ...given })) registry.add(schema, { id });
  const uri = (id: string): string => `#/components/schemas/${id}`;
  const { schemas } = z.toJSONSchema(registry, { io: 'input', target, uri, override });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema as JsonSchema]),
  );
}

/**
 * The fields of a query, each as it is meant: a list of types is an array, whatever joins its parts in an address.
 */
export function queryJsonSchema(query: z.ZodObject, target: Draft): JsonSchema {
  const { $schema, required, additionalProperties, ...schema } = z.toJSONSchema(query, {
    io: 'output',
    target,
  });
  return schema;
}

/** Each kind of message as a JSON Schema of its own, by a name such as `run-started`. */
export function messageJsonSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(
    allMessages().map(({ name, summary, schema }) => {
      const schemaOf = z.toJSONSchema(schema, { io: 'input', override });
      return [toFileName(name), { ...schemaOf, title: name, description: summary }];
    }),
  );
}

/** `RunStarted` as `run-started`. */
const toFileName = (name: string): string =>
  name.replaceAll(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
