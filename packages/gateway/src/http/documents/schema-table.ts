import type { JsonSchema } from '@mnist-monitor/shared/documents';
import { code, html, inline, type Safe } from './html.ts';

interface Row {
  path: string;
  schema: JsonSchema;
  isOptional: boolean;
}

/** Each field of an object, also of those within it, with its type and what is said about it. */
export function fieldTable(schema: JsonSchema): Safe {
  const rows = rowsOf(schema, '');
  if (rows.length === 0) return html`<p>${typeText(schema)}</p>`;
  return html`<table>
<thead><tr><th>field</th><th>type</th><th>meaning</th></tr></thead>
<tbody>${rows.map(
    ({ path, schema, isOptional }) =>
      html`<tr><td>${code(path)}${isOptional ? ' (optional)' : ''}</td><td>${typeText(schema)}</td><td>${inline(schema.description ?? '')}</td></tr>`,
  )}</tbody>
</table>`;
}

function rowsOf({ properties = {}, required = [] }: JsonSchema, prefix: string): Row[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const schema = field as JsonSchema;
    const path = prefix + name;
    const row = { path, schema, isOptional: !required.includes(name) };
    const [inner, mark] = innerOf(schema);
    return [row, ...rowsOf(inner, `${path}${mark}.`)];
  });
}

/** The object whose fields are worth rows of their own: the schema, what it may be null instead of, or a list's items. */
function innerOf(schema: JsonSchema): [JsonSchema, string] {
  const [only, ...others] = (schema.anyOf ?? []).filter((part) => (part as JsonSchema).type !== 'null');
  if (only && others.length === 0) return innerOf(only as JsonSchema);
  if (schema.type === 'array' && schema.items) return [schema.items as JsonSchema, '[]'];
  return [schema, ''];
}

/** A schema in a few words, such as `integer from 1` or `"ok" or "failing"`. */
export function typeText(schema: JsonSchema): Safe {
  const { $ref, const: only, items } = schema;
  const one = (part: unknown): Safe => typeText(part as JsonSchema);
  if ($ref !== undefined) {
    const name = $ref.slice($ref.lastIndexOf('/') + 1);
    return html`<a href="#${name}">${name}</a>`;
  }
  if (only !== undefined) return code(JSON.stringify(only));
  if (schema.enum) return joined(schema.enum.map((value) => code(JSON.stringify(value))));
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return joined(choices.map(one));
  // A named schema that is narrowed, as the codes of a problem are: the name says enough.
  if (schema.allOf?.[0]) return one(schema.allOf[0]);
  if (schema.type === 'array') return html`list of ${items ? one(items) : 'anything'}${sizeOf(schema)}`;
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'anything');
  return html`${type}${rangeOf(schema)}${schema.default === undefined ? '' : html`, ${code(JSON.stringify(schema.default))} when left out`}`;
}

function joined(parts: Safe[]): Safe {
  return html`${parts.map((part, index) => (index === 0 ? part : html` or ${part}`))}`;
}

const sizeOf = ({ minItems, maxItems }: JsonSchema): string => {
  if (minItems !== undefined && minItems === maxItems) return `, ${minItems} of them`;
  return maxItems === undefined ? '' : `, at most ${maxItems}`;
};

function rangeOf({ minimum, exclusiveMinimum, maximum, minLength, maxLength }: JsonSchema): string {
  const ends = [
    minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? `from ${minimum}` : '',
    exclusiveMinimum !== undefined ? `above ${exclusiveMinimum}` : '',
    maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? `to ${maximum}` : '',
    minLength !== undefined ? `of at least ${minLength}` : '',
    maxLength !== undefined ? `at most ${maxLength} characters` : '',
  ];
  return ends
    .filter(Boolean)
    .map((end) => ` ${end}`)
    .join('');
}
