import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** Takes in events, a line each, from whoever connects. @returns The address. */
export async function listenForLines(onLine) {
  const server = createServer((socket) => createInterface(socket).on('line', onLine)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${server.address().port}`;
}

/** Tells the benchmark where to find this peer. */
export const tell = (addresses) => console.log(JSON.stringify(addresses));
