import { describe, expect, test } from '@jest/globals';
import { decode, eventSchema } from '@mnist-monitor/shared';
import { checkPublished } from '../../src/ingest/published-event.ts';
import { limits } from '../../src/limits.ts';

const check = (text: string) => {
  const event = decode(eventSchema, text);
  if (!event.ok) throw new Error('expected an event that matches its schema');
  return checkPublished({ event: event.value, text, version: 2 }, limits);
};
const batch = (data: string): string =>
  `{"v":1,"runId":"a","seq":1,"time":"2026-11-30T10:00:00.000Z","type":"batch","data":${data}}`;

describe('a published event', () => {
  test.each([
    ['a metric named __proto__', '{"step":1,"loss":1,"metrics":{"__proto__":1,"b":2}}', '__proto__'],
    ['half of a surrogate pair', '{"step":1,"loss":1,"note":"\\ud800"}', 'surrogate pair'],
    ['a field twice', '{"step":1,"loss":1,"loss":2}', '"loss" twice'],
  ])('is rejected with %s', (_what, data, problem) => {
    expect(check(batch(data))).toMatchObject({
      ok: false,
      error: { code: 'message.invalid', issues: [{ message: expect.stringContaining(problem) }] },
    });
  });

  test('is stored byte for byte, with unknown fields (P-9)', () => {
    const text = batch('{"step":1, "loss":1,"own":"\\ud83d\\ude00"}');
    expect(check(text)).toMatchObject({ ok: true, value: { json: text, version: 2 } });
  });
});
