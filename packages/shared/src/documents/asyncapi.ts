import { closeCodes } from '../protocol/close-codes.ts';
import { liveSubprotocol } from '../protocol/constants.ts';
import { liveQuerySchema } from '../schemas/live-messages.ts';
import { componentJsonSchemas, type JsonSchema, queryJsonSchema } from './json-schema.ts';
import { allMessages, type MessageDefinition, messagesOf, type Sender, type SocketName } from './messages.ts';

const target = 'draft-7';
const servers = {
  public: {
    host: 'localhost:5000',
    protocol: 'ws',
    description: 'For viewers, beside the dashboard and the REST API; `--host` and `--port` set it.',
  },
  ingest: {
    host: '127.0.0.1:5001',
    protocol: 'ws',
    description: 'For publishers alone. This is the default; `--ingest-host` and `--ingest-port` set it.',
  },
};

interface Reference {
  $ref: string;
}

export interface AsyncApiChannel {
  address: string;
  title: string;
  /** Markdown. */
  description: string;
  servers: Reference[];
  messages: Record<string, Reference>;
  bindings: { ws: { query?: JsonSchema; [key: string]: unknown } };
}

export interface AsyncApiOperation {
  action: 'send' | 'receive';
  channel: Reference;
  summary: string;
  messages: Reference[];
  reply?: { channel: Reference; messages: Reference[] };
}

/** What of the format is in use. */
export interface AsyncApiDocument {
  asyncapi: '3.0.0';
  info: { title: string; version: string; description: string; license: { name: string } };
  defaultContentType: string;
  servers: Record<string, { host: string; protocol: string; description: string }>;
  channels: Record<string, AsyncApiChannel>;
  operations: Record<string, AsyncApiOperation>;
  components: {
    messages: Record<string, { name: string; title: string; summary: string; payload: Reference }>;
    schemas: Record<string, JsonSchema>;
  };
}

/** The two sockets as an AsyncAPI 3.0 document. @param version of the gateway */
export function asyncApiDocument(version: string): AsyncApiDocument {
  const messages = allMessages();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'MNIST Training Monitor: sockets',
      version,
      description: [
        'How to follow training runs live, and how to publish them. Everything is JSON: one text message carries one',
        'object. Losses are nats per sample, accuracies fractions from 0 to 1, times seconds unless the name says',
        'otherwise. The REST API is described by `/openapi.json`.',
      ].join(' '),
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers,
    channels: { live: liveChannel(), ingest: ingestChannel() },
    operations: {
      follow: operation(
        'live',
        'gateway',
        'The feed: a hello, the run so far, and each event as it happens.',
      ),
      command: {
        ...operation('live', 'client', 'A viewer asks a trainer for something, and is answered by its id.'),
        reply: { channel: ref('channels/live'), messages: [ref('channels/live/messages/CommandResult')] },
      },
      publish: operation(
        'ingest',
        'client',
        'A hello, then events in the order of `seq`; each is kept by the publisher until it is acknowledged.',
      ),
      acknowledge: operation(
        'ingest',
        'gateway',
        'Where to go on, what is durable, and commands of viewers.',
      ),
    },
    components: {
      messages: Object.fromEntries(messages.map((message) => [message.name, component(message)])),
      schemas: componentJsonSchemas(
        Object.fromEntries(messages.map(({ name, schema }) => [name, schema])),
        target,
      ),
    },
  };
}

function liveChannel(): AsyncApiChannel {
  return {
    address: '/live',
    title: 'Following runs live',
    description: `A client that loses the connection comes back with \`after\`. Lists in the address are separated by commas.\n\n${closings()}`,
    servers: [ref('servers/public')],
    messages: channelMessages('live'),
    bindings: {
      ws: {
        method: 'GET',
        query: queryJsonSchema(liveQuerySchema, target),
        headers: {
          type: 'object',
          properties: {
            'Sec-WebSocket-Protocol': {
              type: 'string',
              const: liveSubprotocol,
              description: 'The subprotocol; clients that offer none are served the same.',
            },
          },
        },
        bindingVersion: '0.1.0',
      },
    },
  };
}

function ingestChannel(): AsyncApiChannel {
  return {
    address: '/ingest',
    title: 'Publishing a run',
    description: `A publisher says \`hello\`, waits for \`resume\` and sends what follows it.\n\n${closings()}`,
    servers: [ref('servers/ingest')],
    messages: channelMessages('ingest'),
    bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
  };
}

/** The gateway is the application that the document is about: what it sends, clients receive. */
function operation(socket: SocketName, sender: Sender, summary: string): AsyncApiOperation {
  return {
    action: sender === 'gateway' ? 'send' : 'receive',
    channel: ref(`channels/${socket}`),
    summary,
    messages: messagesOf(socket, sender).map(({ name }) => ref(`channels/${socket}/messages/${name}`)),
  };
}

function channelMessages(socket: SocketName): Record<string, Reference> {
  const both = [...messagesOf(socket, 'gateway'), ...messagesOf(socket, 'client')];
  return Object.fromEntries(both.map(({ name }) => [name, ref(`components/messages/${name}`)]));
}

const component = ({
  name,
  type,
  summary,
}: MessageDefinition): AsyncApiDocument['components']['messages'][string] => ({
  name: type,
  title: name,
  summary,
  payload: ref(`components/schemas/${name}`),
});

/** The table of close codes in Markdown: AsyncAPI has no other place for them. */
function closings(): string {
  const rows = Object.entries(closeCodes).map(
    ([name, { code, retry, meaning }]) => `| ${code} | ${name} | ${retry ? 'yes' : 'no'} | ${meaning} |`,
  );
  return [
    'Why the gateway closes a connection, and whether the same client may come back as it is:',
    '',
    '| code | name | retry | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

const ref = (path: string): Reference => ({ $ref: `#/${path}` });
