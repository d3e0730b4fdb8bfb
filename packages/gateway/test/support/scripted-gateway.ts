import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { afterTest } from './cleanup.ts';

/** The connection of a publisher to a scripted gateway. */
export interface ScriptedConnection {
  reply(message: object): void;
  terminate(): void;
}

/** Answers a message of a publisher. */
export type Answer = (
  message: { type: string; seq?: number } & Record<string, unknown>,
  connection: ScriptedConnection,
) => void;

/**
 * Starts a fake gateway that answers as a test wants, even in violation of the protocol.
 * @param answers The answers of each connection in turn; the last one serves all further connections.
 */
export async function startScriptedGateway(answers: readonly Answer[]) {
  const received: Record<string, unknown>[] = [];
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  let connections = 0;
  server.on('connection', (socket) => {
    const answer = answers[Math.min(connections++, answers.length - 1)] as Answer;
    const connection: ScriptedConnection = {
      reply: (message) => socket.send(JSON.stringify(message)),
      terminate: () => socket.terminate(),
    };
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      received.push(message);
      answer(message, connection);
    });
  });
  await once(server, 'listening');
  afterTest(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ingest`, received };
}
