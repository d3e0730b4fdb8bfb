import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Resolves with a port that was free just now, for programs that do not report one that the system chooses. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
