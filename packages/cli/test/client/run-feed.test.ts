import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { closeCodes, type LiveHello, type MonitorEvent, type RunStatus } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { type WebSocket, WebSocketServer } from 'ws';
import { waitForEvent } from '../../src/client/run-feed.ts';

const events = sampleRun({ epochs: 1, batchesPerEpoch: 5 });
const started = events[0] as Extract<MonitorEvent, { type: 'run.started' }>;
const { runId } = started;
const noState = { connected: false, commands: [], title: null, note: null, pinned: false, model: false };
const noResults = { batch: null, epoch: null, bestAccuracy: null, finished: null };

const hello = (status: RunStatus): LiveHello => ({
  ...({
    type: 'hello',
    server: '1',
    after: 1,
    heartbeatMs: 10_000,
    commands: 'open',
    waitingTrainers: 0,
  } as const),
  run: {
    ...{ runId, status, startedAt: started.time, lastEventAt: started.time, lastSeq: 1, bytes: 1 },
    ...{ ...noState, ...noResults, started: started.data },
  },
});
const statusOf = (id: string, status: RunStatus) => ({
  ...{ type: 'status', runId: id, status, connected: false, commands: [], viewers: 1 },
});

describe('waiting for an event of a run', () => {
  let server: WebSocketServer;
  let base: URL;
  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    base = new URL(`http://ada:secret@127.0.0.1:${(server.address() as { port: number }).port}/`);
  });
  afterEach(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });

  /** Waits for the end of the run at a gateway that answers each connection with these messages. */
  function wait(answer: (socket: WebSocket) => void) {
    server.on('connection', answer);
    const isExpected = ({ type }: MonitorEvent) => type === 'run.finished';
    return waitForEvent(base, { runId, after: 1, types: ['run.finished'], isExpected, timeoutMs: 60_000 });
  }
  const send = (socket: WebSocket, ...messages: object[]): void => {
    for (const message of messages) socket.send(JSON.stringify(message));
  };

  test('ends when the run is interrupted, and not when another one is', async () => {
    const outcome = wait((socket) =>
      send(
        ...([socket, hello('running'), { type: 'live', seq: 1 }] as const),
        ...[statusOf('another', 'interrupted'), statusOf(runId, 'stalled'), statusOf(runId, 'interrupted')],
      ),
    );
    expect(await outcome).toBe('interrupted');
  });

  test('ends with the stored event of a run that was interrupted afterwards', async () => {
    const end = events.at(-1) as MonitorEvent;
    const outcome = wait((socket) => send(socket, hello('interrupted'), end, { type: 'live', seq: end.seq }));
    expect(await outcome).toMatchObject({ type: 'run.finished', seq: end.seq });
  });

  test.each([
    ['runDeleted', 'run.not_found', `expected the run ${runId}, but it was deleted`],
    ['runNotFound', 'run.not_found', `expected the run ${runId}, but the gateway has none with this id`],
    [
      'upgradeRequired',
      'gateway.unreachable',
      /^expected a gateway at http:\/\/127\.0\.0\.1:\d+\/, but the /,
    ],
  ] as const)('fails in one line when the gateway closes the feed with %s', async (name, code, message) => {
    const outcome = wait((socket) => {
      send(socket, hello('running'));
      socket.close(closeCodes[name].code);
    });
    await expect(outcome).rejects.toMatchObject({
      code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });
});
