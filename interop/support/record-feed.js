import { encode } from '@mnist-monitor/shared';
import { openScriptedPublisher, sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { afterTest } from '../../packages/gateway/dist/test/support/cleanup.js';
import { startGateway } from '../../packages/gateway/dist/test/support/gateway.js';

/** A run with a loss that is not finite, which JSON has as a string. */
const events = sampleRun({ runId: 'recorded', epochs: 2, batchesPerEpoch: 3 }).map((event) =>
  event.type === 'batch' && event.seq === 3 ? { ...event, data: { ...event.data, loss: Number.NaN } } : event,
);

/** Connects to a feed and adds the text of every received message to `messages`. */
async function open(url, messages) {
  const socket = new WebSocket(url);
  afterTest(() => socket.close());
  socket.on('message', (data) => messages.push(String(data)));
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  return socket;
}

/** Resolves when a message of each type has been received. */
async function waitForTypes(messages, types) {
  const isMissing = (type) => !messages.some((message) => JSON.parse(message).type === type);
  while (types.some(isMissing)) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Records the messages of a live feed, as texts: single events, bundled ones, and each kind of message about them. */
export async function recordFeed() {
  const gateway = await startGateway({ limits: { heartbeatMs: 100 } });
  const messages = [];
  const viewer = await open(gateway.liveUrl, messages);
  const publisher = await openScriptedPublisher({ url: gateway.ingestUrl, WebSocket, runId: 'recorded' });
  publisher.send(...events);
  await publisher.waitForAck(events.at(-1).seq);
  await waitForTypes(messages, ['run.finished', 'live', 'status']);
  viewer.send(encode({ type: 'command', id: 'recorded-1', command: 'pause', runId: 'recorded' }));
  const run = `${gateway.url}/api/runs/recorded`;
  const headers = { 'content-type': 'application/json' };
  await fetch(run, { method: 'PATCH', headers, body: JSON.stringify({ title: 'Recorded' }) });
  await waitForTypes(messages, ['commandResult', 'annotated', 'heartbeat']);
  await open(`${gateway.liveUrl}?bundle=true`, messages);
  await waitForTypes(messages, ['events']);
  publisher.close();
  return [...messages]; // A copy, since heartbeats still arrive.
}
