import type { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import * as ws from 'ws';
import { bundleFrames, frameText, frameTexts } from '../../src/sockets/frames.ts';

// The types of ws lack its receiver.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** Decodes the frames of a server with ws. */
function read(frames: Buffer): string[] {
  const messages: string[] = [];
  const receiver = new Receiver({ isServer: false, allowSynchronousEvents: true });
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    messages.push(isBinary ? 'binary' : String(data)),
  );
  receiver.write(frames);
  return messages;
}

describe('frames', () => {
  test.each([0, 1, 125, 126, 65_535, 65_536, 1_000_000])('carry a text of %d bytes', (length) => {
    const text = 'x'.repeat(length);
    expect(read(frameText(text))).toEqual([text]);
  });

  test.each([
    [['{"loss":2.3}', '{"n":"„größer“"}']],
    [Array.from({ length: 500 }, (_, seq) => JSON.stringify({ seq, text: 'x'.repeat(seq) }))],
    [[JSON.stringify({ text: 'x'.repeat(70_000) }), '{}']],
  ])('are bundled into one message (%#)', (texts) => {
    const [message = '', ...others] = read(bundleFrames(frameTexts(texts).bytes, 1_000_000));
    expect(others).toEqual([]);
    expect(JSON.parse(message)).toEqual({ type: 'events', events: texts.map((text) => JSON.parse(text)) });
  });

  test('are bundled into messages of at most the limit, and a larger one stays alone', () => {
    const texts = [40, 40, 40, 300, 40, 40].map((length, index) =>
      JSON.stringify({ index, text: 'ü'.repeat(length / 2) }),
    );
    const messages = read(bundleFrames(frameTexts(texts).bytes, 200));
    const eventsOf = (message: string) => JSON.parse(message).events ?? [JSON.parse(message)];
    expect(messages.map((message) => eventsOf(message).length)).toEqual([2, 1, 1, 2]);
    expect(messages.flatMap(eventsOf)).toEqual(texts.map((text) => JSON.parse(text)));
    expect(messages[2]).toBe(texts[3]);
    expect(bundleFrames(Buffer.alloc(0), 200)).toHaveLength(0);
  });

  test('are bundled up to exactly the limit', () => {
    const { bytes } = frameTexts(['{"a":1}', '{"b":2}']);
    const whole = '{"type":"events","events":[{"a":1},{"b":2}]}';
    expect(read(bundleFrames(bytes, whole.length))).toEqual([whole]);
    expect(read(bundleFrames(bytes, whole.length - 1))).toEqual(['{"a":1}', '{"b":2}']);
  });

  test('carry any text, each in a frame of its own', () => {
    const texts = ['{"loss":2.3}', 'verlustfrei: „größer“', '数字', '😀'.repeat(40), ''];
    const { bytes, ends } = frameTexts(texts);
    expect(read(bytes)).toEqual(texts);
    expect(ends.at(-1)).toBe(bytes.length);
    expect(ends.map((end, index) => read(bytes.subarray(ends[index - 1] ?? 0, end)))).toEqual(
      texts.map((text) => [text]),
    );
  });
});
