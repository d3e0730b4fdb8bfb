// Socket.IO with default settings, restricted to the WebSocket transport: each event is sent to all clients.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { announce, listenForLines } from './lines.js';

const http = createServer().listen(0, '127.0.0.1');
await once(http, 'listening');
const io = new Server(http, { transports: ['websocket'] });
const ingest = await listenForLines((line) => io.emit('event', JSON.parse(line)));
announce({ live: `ws://127.0.0.1:${http.address().port}/socket.io/?EIO=4&transport=websocket`, ingest });
