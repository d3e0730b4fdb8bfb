import type { AsyncApiChannel, AsyncApiDocument, JsonSchema } from '@mnist-monitor/shared/documents';
import { code, html, inline, markdown, type Safe } from './html.ts';
import type { OpenApi, OpenApiOperation } from './openapi.ts';
import { fieldTable, typeText } from './schema-table.ts';

/** Both documents as one page, for people; it loads nothing but its style. */
export function docsPage(rest: OpenApi, sockets: AsyncApiDocument): string {
  const schemas = { ...rest.components.schemas, ...sockets.components.schemas };
  const sections = Object.entries(rest.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => restSection(method, path, operation)),
  );
  return `<!doctype html>\n${html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MNIST Training Monitor: for programs</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<header>
<h1>MNIST Training Monitor</h1>
<p>How programs follow runs, publish them and read what is kept. Version ${rest.info.version}. For tools there are
<a href="/asyncapi.json">asyncapi.json</a> and <a href="/openapi.json">openapi.json</a>, of which this page is made;
<a href="/">the dashboard</a> is for people.</p>
<nav aria-label="Contents"><a href="#sockets">Sockets</a> <a href="#rest">REST</a> <a href="#schemas">Schemas</a></nav>
</header>
<main>
<h2 id="sockets">Sockets</h2>
<p>${inline(sockets.info.description)}</p>
${Object.entries(sockets.channels).map(([name, channel]) => channelSection(name, channel, sockets))}
<h2 id="rest">REST</h2>
<p>${inline(rest.info.description)}</p>
${sections}
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
): Safe {
  const { query } = channel.bindings.ws;
  const server = servers[nameIn(channel.servers[0]!.$ref)]!;
  const own = Object.values(operations).filter((operation) => nameIn(operation.channel.$ref) === name);
  return html`<section>
<h3>${code(`${server.protocol}://${server.host}${channel.address}`)} ${channel.title}</h3>
<p>${inline(server.description)}</p>
${markdown(channel.description)}
${query ? [html`<h4>Query</h4>`, fieldTable(query)] : []}
${own.map(
  ({ action, summary, messages }) => html`<h4>From the ${action === 'send' ? 'gateway' : 'client'}</h4>
<p>${summary}</p>
<p>${messages.map(({ $ref }) => html`<a href="#${nameIn($ref)}">${nameIn($ref)}</a> `)}</p>`,
)}
</section>`;
}

function restSection(method: string, path: string, operation: OpenApiOperation): Safe {
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
<p>${inline(summary)}</p>
${parameters.length > 0 ? fieldTable({ type: 'object', properties, required }) : []}
${requestBody ? html`<p>Body: ${contentText(requestBody.content)}</p>` : []}
<table>
<thead><tr><th>status</th><th>answer</th><th>content</th></tr></thead>
<tbody>${Object.entries(responses).map(
    ([status, { description, content = {} }]) =>
      html`<tr><td>${status}</td><td>${markdown(description)}</td><td>${contentText(content)}</td></tr>`,
  )}</tbody>
</table>
</section>`;
}

function schemaSection(name: string, schema: JsonSchema, { components }: AsyncApiDocument): Safe {
  const summary = components.messages[name]?.summary ?? schema.description;
  return html`<section id="${name}">
<h3>${name}</h3>
${summary ? html`<p>${inline(summary)}</p>` : []}
${(schema.oneOf ?? [schema]).map((part) => fieldTable(part as JsonSchema))}
</section>`;
}

const contentText = (content: Record<string, { schema: JsonSchema }>): Safe[] =>
  Object.entries(content).map(([type, { schema }]) => html`${code(type)} ${typeText(schema)}`);

const nameIn = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);
