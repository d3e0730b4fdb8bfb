import { expect, test } from '@jest/globals';
import { crc32c } from '../../src/export/tfrecord.ts';

const bytes = (value: (index: number) => number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, at) => value(at));

// Sources: RFC 3720, appendix B.4, and the check value in the "Catalogue of parametrised CRC algorithms".
test.each([
  ['32 zeros', bytes(() => 0), 0x8a9136aa],
  ['32 ones', bytes(() => 0xff), 0x62a8ab43],
  ['0 to 31', bytes((at) => at), 0x46dd794e],
  ['31 to 0', bytes((at) => 31 - at), 0x113fdb5c],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])('the CRC-32C of %s is the published value', (_name, data, crc) => {
  expect(crc32c(data)).toBe(crc);
});
