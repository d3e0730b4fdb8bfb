import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { Admission } from '../../src/sockets/admission.ts';
import { until } from '../support/until.ts';

const limits = { sockets: 5, socketsPerAddress: 2, upgradesPerSecond: 0.001, upgradeBurst: 4 };
const stream = (): Socket => new PassThrough() as unknown as Socket;

describe('admission', () => {
  test('limits the connections of one address, independently of others (P-258, S-33)', () => {
    const admission = new Admission(limits);
    admission.admit('192.0.2.1', stream());
    admission.admit('192.0.2.1', stream());
    expect(() => admission.admit('192.0.2.1', stream())).toThrow(
      expect.objectContaining({
        code: 'request.too_many',
        message: 'all 2 connections for one address are in use: close some of them',
      }),
    );
    admission.admit('192.0.2.2', stream());
    expect(admission.connections).toBe(3);
    expect(() => admission.check('192.0.2.1')).toThrow(/^all 2 connections for one address/);
    admission.check('192.0.2.2');
    expect(admission.connections).toBe(3);
  });

  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])(
    'limits connections from this machine (%s) only by the total number (P-258)',
    (address) => {
      const admission = new Admission(limits);
      for (let client = 0; client < 5; client++) admission.admit(address, stream());
      expect(() => admission.admit(address, stream())).toThrow(
        expect.objectContaining({
          code: 'server.full',
          message: 'all 5 connections are in use: try again later',
        }),
      );
    },
  );

  test('accepts a client when another has disconnected', async () => {
    const admission = new Admission({ ...limits, sockets: 1 });
    const first = stream();
    admission.admit('192.0.2.1', first);
    first.destroy();
    await until(() => admission.connections === 0);
    admission.admit('192.0.2.1', stream());
    expect(admission.connections).toBe(1);
  });

  test('refuses an address that connects too often (P-260, S-24, S-33)', async () => {
    const admission = new Admission(limits);
    const visit = async (address: string): Promise<void> => {
      const connection = stream();
      admission.admit(address, connection);
      connection.destroy();
      await until(() => admission.connections === 0);
    };
    for (let visits = 0; visits < 4; visits++) await visit('192.0.2.1');
    await expect(visit('192.0.2.1')).rejects.toMatchObject({ code: 'request.too_many' });
    await visit('192.0.2.2');
  });

  test('remembers a limited number of addresses', async () => {
    const admission = new Admission({ ...limits, upgradesPerSecond: 1e9 });
    for (let index = 0; index < 3_000; index++) {
      const connection = stream();
      admission.admit(`192.0.${index >> 8}.${index & 255}`, connection);
      connection.destroy();
      await until(() => admission.connections === 0);
    }
    expect(admission.knownAddresses).toBeLessThanOrEqual(1_000);
  });
});
