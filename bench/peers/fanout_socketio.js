// Broadcast with Socket.IO as it comes, over WebSockets alone.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { listenForLines, tell } from './lines.js';

const http = createServer().listen(0, '127.0.0.1');
await once(http, 'listening');
const io = new Server(http, { transports: ['websocket'] });
const ingest = await listenForLines((line) => io.emit('event', JSON.parse(line)));
tell({ live: `ws://127.0.0.1:${http.address().port}/socket.io/?EIO=4&transport=websocket`, ingest });
