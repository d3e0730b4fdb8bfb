import { expect, it } from '@jest/globals';
import { base64Bytes } from '../../src/state/base64.ts';

it('decodes base64 to bytes', () => {
  expect([...base64Bytes('AP+A')]).toEqual([0, 255, 128]);
});
