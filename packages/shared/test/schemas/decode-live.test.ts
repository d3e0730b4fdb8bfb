import { expect, test } from '@jest/globals';
import { decodeLive, encode } from '../../src/index.ts';
import { sampleRun } from '../../src/testing/index.ts';

const events = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 });

test('a message of the feed is one event or one other message', () => {
  for (const message of [...events, { type: 'live', seq: 7 }])
    expect(decodeLive(encode(message))).toEqual([{ ok: true, value: message }]);
});

test('the events of a bundle are read one by one, and an invalid one does not affect the others', () => {
  const results = decodeLive(encode({ type: 'events', events: [...events, { type: 'batch' }] }));
  expect(results.slice(0, -1)).toEqual(events.map((value) => ({ ok: true, value })));
  expect(results.at(-1)).toMatchObject({ ok: false, error: { code: 'message.invalid' } });
});

test.each([
  ['{', 'message.malformed'],
  ['null', 'message.invalid'],
  ['7', 'message.invalid'],
  ['[]', 'message.invalid'],
  ['{"type":"weather"}', 'message.invalid'],
  ['{"type":"events","events":[]}', 'message.invalid'],
])('the text %s is one failure', (text, code) => {
  expect(decodeLive(text)).toMatchObject([{ ok: false, error: { code } }]);
});
