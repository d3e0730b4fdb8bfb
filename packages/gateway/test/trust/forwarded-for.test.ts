import { expect, test } from '@jest/globals';
import { withoutPorts } from '../../src/trust/forwarded-for.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:4711', '192.0.2.1'],
  ['192.0.2.1:1 ,198.51.100.2', '192.0.2.1, 198.51.100.2'],
  ['2001:db8::1', '2001:db8::1'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['unknown', 'unknown'],
])('the addresses in %s are %s (P-269)', (header, addresses) => {
  expect(withoutPorts(header)).toBe(addresses);
});
