import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { describeProblem } from '../../src/runner/connection-problem.ts';

/** Connects to an address and describes why the connection fails. */
async function problemOf(url: string): Promise<string> {
  const [error] = await once(new WebSocket(url), 'error').catch((reason) => [reason]);
  return describeProblem({ url, error, reason: 'connection lost', isTaken: false });
}

describe('describeProblem', () => {
  test('suggests to check port and path for a server that is no gateway', async () => {
    const server = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await problemOf(`ws://127.0.0.1:${port}/live`)).toBe(
      'HTTP status 404: check port and path, by default ws://127.0.0.1:5001/ingest',
    );
    expect(await problemOf(`wss://127.0.0.1:${port}/ingest`)).toBe(
      `no TLS at 127.0.0.1:${port}: check the port, or use ws://`,
    );
    server.close();
    await once(server, 'close');
    expect(await problemOf(`ws://127.0.0.1:${port}/ingest`)).toBe(`nothing listens at 127.0.0.1:${port}`);
  });

  test('names a host that does not exist', async () => {
    expect(await problemOf('ws://no-such-host.invalid/ingest')).toBe(
      'the name no-such-host.invalid cannot be resolved',
    );
  });

  test.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
    'describes a certificate with %s',
    (code) => {
      const error = Object.assign(new Error('the reason'), { code });
      expect(
        describeProblem({ url: 'wss://host/ingest', error, reason: 'connection lost', isTaken: false }),
      ).toBe(
        'its certificate is not valid here (the reason); set NODE_EXTRA_CA_CERTS to a file with the certificate of your own authority',
      );
    },
  );

  test('returns the reason of the WebSocket client when there is no network error, as with a silent server', () => {
    const reason = 'no reply from the gateway';
    expect(describeProblem({ url: 'ws://host/ingest', error: undefined, reason, isTaken: false })).toBe(
      reason,
    );
  });
});
