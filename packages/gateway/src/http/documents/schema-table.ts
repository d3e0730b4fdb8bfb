import type { JsonSchema } from '@mnist-monitor/shared/documents';
import { code, type Html, html, inlineCode, table } from './html.ts';

interface Field {
  path: string;
  schema: JsonSchema;
  isOptional: boolean;
}

/** Returns a table of the fields of an object, nested ones included, with types and descriptions. */
export function schemaTable(schema: JsonSchema): Html {
  const fields = fieldsOf(schema, '');
  if (fields.length === 0) return html`<p>${typeText(schema)}</p>`;
  return table(
    ['field', 'type', 'meaning'],
    fields.map(({ path, schema, isOptional }) => [
      [code(path), isOptional ? ' (optional)' : ''],
      typeText(schema),
      inlineCode(schema.description ?? ''),
    ]),
  );
}

function fieldsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): Field[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const schema = property as JsonSchema;
    const path = prefix + name;
    const field = { path, schema, isOptional: !required.includes(name) };
    const [inner, mark] = innerObject(schema);
    return [field, ...fieldsOf(inner, `${path}${mark}.`)];
  });
}

/**
 * Returns the schema that has the nested fields of a field, and the mark that its path gets: for a list, the schema of
 * its items and `[]`; for a nullable field, the schema of its other values; otherwise the schema itself.
 */
function innerObject(schema: JsonSchema): [JsonSchema, mark: string] {
  const [only, ...others] = (schema.anyOf ?? []).filter((part) => (part as JsonSchema).type !== 'null');
  if (only && others.length === 0) return innerObject(only as JsonSchema);
  if (schema.type === 'array' && schema.items) return [schema.items as JsonSchema, '[]'];
  return [schema, ''];
}

/** Describes a schema in a few words, such as `integer from 1` or `"ok" or "failing"`. */
export function typeText(schema: JsonSchema): Html {
  const { $ref, const: constant, items } = schema;
  const typeTextOf = (part: unknown): Html => typeText(part as JsonSchema);
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    return html`<a href="#${name}">${name}</a>`;
  }
  if (constant !== undefined) return code(JSON.stringify(constant));
  if (schema.enum) return alternatives(schema.enum.map((value) => code(JSON.stringify(value))));
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return alternatives(choices.map(typeTextOf));
  // A named schema with a narrowed field, such as a problem with certain codes: its name is enough.
  if (schema.allOf?.[0]) return typeTextOf(schema.allOf[0]);
  if (schema.type === 'array')
    return html`list of ${items ? typeTextOf(items) : 'anything'}${sizeText(schema)}`;
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'anything');
  const byDefault = schema.default === undefined ? '' : [', default ', code(JSON.stringify(schema.default))];
  return html`${type}${rangeText(schema)}${byDefault}`;
}

function alternatives(parts: Html[]): Html {
  return html`${parts.map((part, index) => (index === 0 ? part : html` or ${part}`))}`;
}

const sizeText = ({ minItems, maxItems }: JsonSchema): string => {
  if (minItems !== undefined && minItems === maxItems) return `, exactly ${minItems}`;
  return maxItems === undefined ? '' : `, at most ${maxItems}`;
};

function rangeText({ minimum, exclusiveMinimum, maximum, minLength, maxLength }: JsonSchema): string {
  const bounds = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? `from ${minimum}` : '',
    exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : '',
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? `to ${maximum}` : '',
    minLength !== undefined ? `of at least ${minLength}` : '',
    maxLength !== undefined ? `at most ${maxLength} characters` : '',
  ];
  return bounds
    .filter(Boolean)
    .map((bound) => ` ${bound}`)
    .join('');
}
