import { closeCodes } from '../protocol/close-codes.ts';
import { liveSubprotocols } from '../protocol/constants.ts';
import { liveQuerySchema } from '../schemas/live-messages.ts';
import { componentJsonSchemas, type JsonSchema, queryJsonSchema } from './json-schema.ts';
import { allMessages, type MessageDefinition, messagesOf, type Sender, type SocketName } from './messages.ts';

const target = 'draft-7';

/** Where clients reach one port of a gateway. */
export interface SocketAddress {
  /** Host and port. */
  host: string;
  protocol: 'ws' | 'wss';
  /** The path below which a proxy serves the port. */
  pathname?: string;
}

/** The addresses of both ports of a gateway. */
export interface SocketAddresses {
  public: SocketAddress;
  ingest: SocketAddress;
}

/** The addresses of a gateway that is started without options. */
const defaultAddresses: SocketAddresses = {
  public: { host: 'localhost:5000', protocol: 'ws' },
  ingest: { host: '127.0.0.1:5001', protocol: 'ws' },
};

/** Returns the servers of a document, by which a client finds both ports of the gateway. */
export const serversAt = (addresses: SocketAddresses): AsyncApiDocument['servers'] => ({
  public: {
    ...addresses.public,
    description: 'For viewers, also serves the dashboard and the REST API. Set by `--host` and `--port`.',
  },
  ingest: {
    ...addresses.ingest,
    description: 'For publishers only. Set by `--ingest-host` and `--ingest-port`.',
  },
});

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

/** An AsyncAPI 3.0 document, with only the parts of the format that this project uses. */
export interface AsyncApiDocument {
  asyncapi: '3.0.0';
  info: { title: string; version: string; description: string; license: { name: string } };
  defaultContentType: string;
  servers: Record<string, { host: string; protocol: string; pathname?: string; description: string }>;
  channels: Record<string, AsyncApiChannel>;
  operations: Record<string, AsyncApiOperation>;
  components: {
    messages: Record<string, { name: string; title: string; summary: string; payload: Reference }>;
    schemas: Record<string, JsonSchema>;
  };
}

/**
 * Describes both WebSockets as an AsyncAPI 3.0 document. Its servers are those of a gateway that is started without
 * options; `serversAt` makes those of another one.
 *
 * @param version Version of the gateway.
 */
export function asyncApiDocument(version: string): AsyncApiDocument {
  const messages = allMessages();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'MNIST Training Monitor: sockets',
      version,
      description: [
        'Following training runs live, and publishing them. Each text message contains one JSON object. Losses are in',
        'nats per sample unless the run has another `lossUnit`, accuracies are fractions from 0 to 1, times are in seconds unless the name has another unit.',
        'The REST API is described by `/openapi.json`.',
      ].join(' '),
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: serversAt(defaultAddresses),
    channels: { live: liveChannel(), ingest: ingestChannel() },
    operations: {
      follow: operation(
        'live',
        'gateway',
        'The feed: a hello, the past events of the run, and each event as it happens.',
      ),
      command: {
        ...operation('live', 'client', 'A viewer sends a command to a trainer; the answer has the same id.'),
        reply: { channel: ref('channels/live'), messages: [ref('channels/live/messages/CommandResult')] },
      },
      publish: operation(
        'ingest',
        'client',
        'A hello, then events in the order of `seq`. The publisher keeps each until it is acknowledged.',
      ),
      acknowledge: operation(
        'ingest',
        'gateway',
        'The position to continue from, acknowledgements, and commands of viewers.',
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
    description: `A client that loses the connection reconnects with \`after\`. Lists in the address are separated by commas.\n\n${closeCodeTable()}`,
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
              enum: [...liveSubprotocols],
              description:
                'The subprotocols that the client offers; the gateway selects the newest. A client that offers only `mnist-monitor.v1` is closed with `upgradeRequired` before the first event that version 1 does not have. A client that offers none receives the messages of the newest version.',
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
    description: `A publisher sends \`hello\`, waits for \`resume\` and sends the events after it.\n\n${closeCodeTable()}`,
    servers: [ref('servers/ingest')],
    messages: channelMessages('ingest'),
    bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
  };
}

/** Describes one direction of a WebSocket. The document describes the gateway, so `send` means that the gateway sends. */
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

/** Returns the table of close codes in Markdown: AsyncAPI has no field for them. */
function closeCodeTable(): string {
  const rows = Object.entries(closeCodes).map(
    ([name, { code, retry, meaning }]) => `| ${code} | ${name} | ${retry ? 'yes' : 'no'} | ${meaning} |`,
  );
  return [
    'Codes with which the gateway closes a connection, and whether the same client may reconnect unchanged:',
    '',
    '| code | name | retry | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

const ref = (path: string): Reference => ({ $ref: `#/${path}` });
