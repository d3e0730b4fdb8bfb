import { Parser } from '@asyncapi/parser';
import { expect, test } from '@jest/globals';
import { RE2JS } from 're2js';
import { allMessages, asyncApiDocument } from '../../src/documents/index.ts';
import { closeCodes, liveSubprotocols } from '../../src/index.ts';
import { patternsIn } from '../../src/testing/index.ts';

const parser = new Parser();
const text = JSON.stringify(asyncApiDocument('1.2.3'));
const parsed = parser.parse(text);

test('the AsyncAPI document is valid and contains every message of both directions (P-177)', async () => {
  const { document, diagnostics } = await parsed;
  expect(diagnostics.filter(({ severity }) => severity <= 1)).toEqual([]);
  const messages = (operation: string) =>
    document!
      .operations()
      .get(operation)!
      .messages()
      .all()
      .map((message) => message.name())
      .sort();
  const events = [
    ...['batch', 'epoch', 'figure', 'layers', 'metrics', 'notice', 'probe', 'run.finished', 'run.started'],
    ...['samples', 'snapshot', 'system'],
  ];
  const controls = ['annotated', 'commandResult', 'events', 'gap', 'heartbeat', 'hello', 'live', 'removed'];
  expect(messages('follow')).toEqual([...events, ...controls, 'status', 'store', 'trainers'].sort());
  expect(messages('command')).toEqual(['command']);
  expect(messages('publish')).toEqual([...events, 'commandResult', 'hello', 'wait'].sort());
  expect(messages('acknowledge')).toEqual(['ack', 'command', 'reject', 'resume', 'waiting']);
  expect(document!.components().messages().all()).toHaveLength(allMessages().length);
}, 60_000);

test('the AsyncAPI document contains the parameters, the subprotocol and every close code', async () => {
  const { document } = await parsed;
  expect(document!.info().version()).toBe('1.2.3');
  const live = document!.channels().get('live')!;
  const { query, headers } = live.bindings().get('ws')!.value();
  expect(Object.keys(query.properties)).toEqual(
    expect.arrayContaining(['run', 'after', 'afterRun', 'types', 'maxRate', 'complete', 'bundle']),
  );
  expect(headers.properties['Sec-WebSocket-Protocol'].enum).toEqual(liveSubprotocols);
  for (const channel of document!.channels().all())
    for (const { code, meaning } of Object.values(closeCodes)) {
      expect(channel.description()).toContain(`| ${code} |`);
      expect(channel.description()).toContain(meaning);
    }
});

test('a document with a broken reference is invalid', async () => {
  const { info, servers, channels } = asyncApiDocument('1.2.3');
  const wrong = { asyncapi: '3.0.0', info, servers, channels: { ingest: channels.ingest } };
  const { diagnostics } = await parser.parse(JSON.stringify(wrong));
  expect(diagnostics.filter(({ severity }) => severity === 0).length).toBeGreaterThan(0);
});

// RE2's syntax is that of Go, Rust and many validators. It has no lookahead, no lookbehind and no backreferences.
test('every pattern of the AsyncAPI document is a regular expression of RE2', () => {
  for (const pattern of patternsIn(JSON.parse(text))) expect(() => RE2JS.compile(pattern)).not.toThrow();
});
