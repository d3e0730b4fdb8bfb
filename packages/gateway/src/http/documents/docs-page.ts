import type { AsyncApiChannel, AsyncApiDocument, JsonSchema } from '@mnist-monitor/shared/documents';
import { code, type Html, html, inlineCode, markdown, table } from './html.ts';
import type { OpenApi, OpenApiOperation } from './openapi.ts';
import { schemaTable, typeText } from './schema-table.ts';

/** Returns the HTML of `/docs`, made from both documents. The page has no script and loads only its style sheet. */
export function docsPage(rest: OpenApi, sockets: AsyncApiDocument): string {
  const schemas = { ...rest.components.schemas, ...sockets.components.schemas };
  const operations = Object.entries(rest.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationSection(method, path, operation)),
  );
  return `<!doctype html>\n${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · MNIST Training Monitor</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs.css">
</head>
<body>
<header>
<h1>MNIST Training Monitor API</h1>
<p>Follow training runs live, publish your own, and read stored ones. Version ${rest.info.version}. Machine-readable:
<a href="openapi.json">openapi.json</a> (REST), <a href="asyncapi.json">asyncapi.json</a> (WebSockets) and
<a href="schema/bundle.json">bundle.json</a> (JSON Schema of every message).
<a href=".">Back to the dashboard</a></p>
<nav aria-label="Contents"><a href="#websockets">WebSockets</a> <a href="#rest">REST</a> <a href="#schemas">Schemas</a></nav>
</header>
<main>
<h2 id="websockets">WebSockets</h2>
<p>${inlineCode(sockets.info.description)}</p>
${Object.entries(sockets.channels).map(([name, channel]) => channelSection(name, channel, sockets))}
<h2 id="rest">REST</h2>
<p>${inlineCode(rest.info.description)}</p>
${operations}
<h2 id="schemas">Schemas</h2>
${Object.entries(schemas).map(([name, schema]) => schemaSection(name, schema, sockets))}
</main>
</body>
</html>`}\n`;
}

function channelSection(
  name: string,
  channel: AsyncApiChannel,
  { operations, servers }: AsyncApiDocument,
): Html {
  const { query } = channel.bindings.ws;
  const server = servers[nameIn(channel.servers[0]!.$ref)]!;
  const own = Object.values(operations).filter((operation) => nameIn(operation.channel.$ref) === name);
  return html`<section>
<h3>${code(`${server.protocol}://${server.host}${server.pathname ?? ''}${channel.address}`)} ${channel.title}</h3>
<p>${inlineCode(server.description)}</p>
${markdown(channel.description)}
${query ? [html`<h4>Query</h4>`, schemaTable(query)] : []}
${own.map(
  ({ action, summary, messages }) => html`<h4>From the ${action === 'send' ? 'gateway' : 'client'}</h4>
<p>${inlineCode(summary)}</p>
<p>${messages.map(({ $ref }) => html`<a href="#${nameIn($ref)}">${nameIn($ref)}</a> `)}</p>`,
)}
</section>`;
}

function operationSection(method: string, path: string, operation: OpenApiOperation): Html {
  const { operationId, summary, parameters = [], requestBody, responses } = operation;
  const properties = Object.fromEntries(
    parameters.map(({ name, schema, description }) => [
      name,
      description ? { ...schema, description } : schema,
    ]),
  );
  const required = parameters.flatMap((parameter) => (parameter.required ? [parameter.name] : []));
  return html`<section id="${operationId}">
<h3>${code(`${method.toUpperCase()} ${path}`)}</h3>
<p>${inlineCode(summary)}</p>
${parameters.length > 0 ? schemaTable({ type: 'object', properties, required }) : []}
${requestBody ? html`<p>Body: ${contentText(requestBody.content)}</p>` : []}
${table(
  ['status', 'meaning', 'content'],
  Object.entries(responses).map(([status, { description, content = {} }]) => [
    status,
    markdown(description),
    contentText(content),
  ]),
)}
</section>`;
}

function schemaSection(name: string, schema: JsonSchema, { components }: AsyncApiDocument): Html {
  const summary = components.messages[name]?.summary ?? schema.description;
  return html`<section id="${name}">
<h3>${name}</h3>
${summary ? html`<p>${inlineCode(summary)}</p>` : []}
${(schema.oneOf ?? [schema]).map((part) => schemaTable(part as JsonSchema))}
</section>`;
}

const contentText = (content: Record<string, { schema: JsonSchema }>): Html[] =>
  Object.entries(content).map(([type, { schema }]) => html`${code(type)} ${typeText(schema)}`);

const nameIn = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);
