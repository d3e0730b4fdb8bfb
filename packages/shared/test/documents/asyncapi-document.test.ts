import { describe, expect, test } from '@jest/globals';
import { allMessages, asyncApiDocument, messagesOf, serversAt } from '../../src/documents/index.ts';
import { closeCodes } from '../../src/index.ts';

// asyncapi.test.ts tests the document with AsyncAPI's own parser.
describe('the AsyncAPI document', () => {
  const { info, defaultContentType, servers, channels, operations, components } = asyncApiDocument('1.2.3');

  test('describes the product, and that each message is JSON', () => {
    expect(info).toMatchObject({
      title: 'MNIST Training Monitor: sockets',
      version: '1.2.3',
      license: { name: 'MIT' },
    });
    expect(info.description).toMatch(
      /^Following training runs live, and publishing them\. Each text message .*\.$/,
    );
    expect(defaultContentType).toBe('application/json');
  });

  test('has the addresses of a gateway without options, or the given ones', () => {
    expect(servers).toMatchObject({
      public: { host: 'localhost:5000', protocol: 'ws' },
      ingest: { host: '127.0.0.1:5001', protocol: 'ws' },
    });
    const [one, other] = [
      { host: 'a.example', protocol: 'wss', pathname: '/monitor' },
      { host: 'b.example:5001', protocol: 'ws' },
    ] as const;
    const given = serversAt({ public: one, ingest: other });
    expect(given).toEqual({
      public: { ...one, description: expect.stringContaining('`--host` and `--port`') },
      ingest: { ...other, description: expect.stringContaining('`--ingest-host` and `--ingest-port`') },
    });
  });

  test.each([
    ['live', '/live', 'public', [...messagesOf('live', 'gateway'), ...messagesOf('live', 'client')]],
    ['ingest', '/ingest', 'ingest', [...messagesOf('ingest', 'gateway'), ...messagesOf('ingest', 'client')]],
  ] as const)(
    'has a channel %s at %s, with its server and its messages',
    (name, address, server, messages) => {
      const channel = channels[name]!;
      expect(channel).toMatchObject({ address, servers: [{ $ref: `#/servers/${server}` }] });
      expect(channel.bindings.ws).toMatchObject({ method: 'GET', bindingVersion: '0.1.0' });
      expect(channel.messages).toEqual(
        Object.fromEntries(
          messages.map((each) => [each.name, { $ref: `#/components/messages/${each.name}` }]),
        ),
      );
    },
  );

  test('has the type, the summary and the schema of each message', () => {
    for (const { name, type, summary } of allMessages())
      expect(components.messages[name]).toEqual({
        ...{ name: type, title: name, summary },
        payload: { $ref: `#/components/schemas/${name}` },
      });
    expect(Object.keys(components.messages)).toHaveLength(allMessages().length);
  });

  test('has an operation for each direction of both channels, and the answer to a command', () => {
    const parts = Object.entries(operations).map(([name, { action, channel }]) => [
      name,
      action,
      channel.$ref,
    ]);
    expect(parts).toEqual([
      ['follow', 'send', '#/channels/live'],
      ['command', 'receive', '#/channels/live'],
      ['publish', 'receive', '#/channels/ingest'],
      ['acknowledge', 'send', '#/channels/ingest'],
    ]);
    for (const { summary } of Object.values(operations)) expect(summary).toMatch(/^[AT].*\.$/);
    expect(operations.command).toMatchObject({
      messages: [{ $ref: '#/channels/live/messages/Command' }],
      reply: {
        channel: { $ref: '#/channels/live' },
        messages: [{ $ref: '#/channels/live/messages/CommandResult' }],
      },
    });
  });

  test('has the close codes as a table of Markdown in both channels', () => {
    const rows = Object.entries(closeCodes).map(
      ([name, { code, retry, meaning }]) => `| ${code} | ${name} | ${retry ? 'yes' : 'no'} | ${meaning} |`,
    );
    const table = ['| code | name | retry | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
    for (const { description } of Object.values(channels))
      expect(description).toMatch(/^A .+\.\n\nCodes with which .+:\n\n\|/);
    for (const { description } of Object.values(channels))
      expect(description.endsWith(`:\n\n${table}`)).toBe(true);
  });

  test('defines each schema once, without the keys of a document of its own', () => {
    const schemas = Object.values(components.schemas);
    for (const schema of schemas)
      expect(Object.keys(schema)).not.toEqual(expect.arrayContaining(['$schema']));
    const names = Object.keys(components.schemas);
    expect(names).toEqual(
      expect.arrayContaining(['RunSummary', 'BatchData', 'Batch', 'LiveHello', 'IngestHello']),
    );
    const refs = [...JSON.stringify(schemas).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref]) => ref!);
    expect(refs.filter((ref) => !names.includes(ref.replace('#/components/schemas/', '')))).toEqual([]);
    expect(refs).toContain('#/components/schemas/BatchData');
  });

  test('limits the names of metrics, as the schemas do', () => {
    expect(components.schemas.MetricsData!.properties!.metrics).toMatchObject({
      propertyNames: { pattern: '^[A-Za-z0-9_./-]{1,64}$' },
    });
  });

  test('has the type of a query parameter after it is read, and requires none', () => {
    const { query } = channels.live!.bindings.ws;
    expect(query).toMatchObject({
      type: 'object',
      properties: {
        after: { type: 'integer', default: 0 },
        types: { type: 'array' },
        bundle: { type: 'boolean' },
      },
    });
    expect(Object.keys(query!).sort()).toEqual(['properties', 'type']);
  });
});
