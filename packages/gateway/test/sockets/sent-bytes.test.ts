import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { sentBytes } from '../../src/sockets/sent-bytes.ts';

/** Larger than all buffers of a connection to this machine. */
const bytes = 64 * 1024 * 1024;

describe('a single large write', () => {
  const sockets: Socket[] = [];

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** Opens a connection, writes at once, and returns both ends. The client reads nothing before it is resumed. */
  async function writeToClient(): Promise<{ client: Socket; stream: Socket }> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as { port: number }).port, '127.0.0.1').pause();
    const [stream] = (await once(server, 'connection')) as [Socket];
    sockets.push(client, stream);
    server.close();
    stream.write(Buffer.alloc(bytes));
    return { client, stream };
  }

  /** Resolves when the client has read half of the bytes, and pauses it. */
  const readHalf = (client: Socket): Promise<void> =>
    new Promise((resolve) => {
      client.on('data', () => {
        if (client.bytesRead < bytes / 2) return;
        client.pause();
        resolve();
      });
      client.resume();
    });

  test('counts as sent as far as the client has read, before it has ended', async () => {
    const { client, stream } = await writeToClient();
    await readHalf(client);
    expect(stream.writableLength).toBe(bytes);
    expect(sentBytes(stream)).toBeGreaterThanOrEqual(client.bytesRead);
    expect(sentBytes(stream)).toBeLessThan(bytes);
  });

  test('counts completely when the connection is closed', async () => {
    const { client, stream } = await writeToClient();
    client.resume();
    await once(stream, 'drain');
    stream.destroy();
    expect(sentBytes(stream)).toBe(bytes);
  });
});
