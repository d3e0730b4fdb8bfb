import { expect, test } from '@jest/globals';
import { addressMatcher, isThisMachine, networkOf } from '../../src/sockets/addresses.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001::1', '2001:db8:1:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s (P-258, P-260, S-33)', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each([
  ['127.0.0.1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:7f00:1', true],
  ['::1', true],
  ['192.0.2.1', false],
])('whether %s is this machine: %s', (address, expected) => {
  expect(isThisMachine(address)).toBe(expected);
});

test('proxies are recognised by address and by network, in either notation', () => {
  const isProxy = addressMatcher(['192.0.2.7', '10.0.0.0/8', '2001:db8::/32']);
  for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '10.1.2.3', '2001:db8:7::1'])
    expect(isProxy(address)).toBe(true);
  for (const address of ['192.0.2.8', '11.0.0.1', '2001:db9::1', '']) expect(isProxy(address)).toBe(false);
});
