// The ws library without a framework: each event is sent to all clients.
import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { announce, listenForLines } from './lines.js';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
server.on('connection', (client) => client.send('ready'));
await once(server, 'listening');
const ingest = await listenForLines((line) => {
  for (const client of server.clients) client.send(line);
});
announce({ live: `ws://127.0.0.1:${server.address().port}/`, ingest });
