import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** Accepts events, one a line, from any client. @returns The address. */
export async function listenForLines(onLine) {
  const server = createServer((socket) => createInterface(socket).on('line', onLine)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${server.address().port}`;
}

/** Prints the addresses of this peer for the benchmark. */
export const announce = (addresses) => console.log(JSON.stringify(addresses));
