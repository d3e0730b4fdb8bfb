import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { ConnectionsPerAddress } from '../../src/sockets/connections-per-address.ts';
import { afterTest } from '../support/cleanup.ts';

const limitTo = (limit: number, isExempt = (_address: string) => false) => {
  const refused: string[] = [];
  const connections = new ConnectionsPerAddress({
    ...{ limit, isExempt },
    onRefused: (address) => refused.push(address),
  });
  return { connections, refused };
};

describe('connections per address', () => {
  test('are limited, for each address alone, until one ends (P-253, S-33)', () => {
    const { connections, refused } = limitTo(2);
    const end = connections.take('192.0.2.1');
    expect(connections.take('192.0.2.1')).toBeDefined();
    expect(connections.take('192.0.2.1')).toBeUndefined();
    expect(connections.take('192.0.2.2')).toBeDefined();
    end!();
    expect(connections.take('192.0.2.1')).toBeDefined();
    expect(refused).toEqual(['192.0.2.1']);
  });

  test('count all addresses of an IPv6 network as one (P-253, S-33)', () => {
    const { connections } = limitTo(1);
    expect(connections.take('2001:db8::1')).toBeDefined();
    expect(connections.take('2001:db8::ffff:2')).toBeUndefined();
    expect(connections.take('2001:db8:0:1::1')).toBeDefined();
  });

  test('are not limited for exempt addresses (P-253)', () => {
    const { connections } = limitTo(0, (address) => address === '10.0.0.1');
    expect(connections.take('10.0.0.1')).toBeDefined();
    expect(connections.take('10.0.0.2')).toBeUndefined();
  });

  test('drop idle connections to a server beyond the limit', async () => {
    const { connections, refused } = limitTo(2);
    const server = createServer().listen(0, '127.0.0.1');
    connections.limitServer(server);
    await once(server, 'listening');
    const open = () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      afterTest(() => socket.destroy());
      return socket.on('error', () => {});
    };
    afterTest(() => server.close());
    for (let client = 0; client < 2; client++) {
      const accepted = once(server, 'connection');
      open();
      await accepted;
    }
    await once(open(), 'close');
    expect(refused).toEqual(['127.0.0.1']);
  });
});
