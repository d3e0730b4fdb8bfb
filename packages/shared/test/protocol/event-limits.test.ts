import { expect, test } from '@jest/globals';
import { base64Bytes, base64Length } from '../../src/index.ts';

test('the length of bytes in base64, and the bytes of a text in base64, are those of Node.js', () => {
  for (let bytes = 0; bytes < 100; bytes++) {
    const text = Buffer.alloc(bytes).toString('base64');
    expect([base64Length(bytes), base64Bytes(text)]).toEqual([text.length, bytes]);
  }
});
