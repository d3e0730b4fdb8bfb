import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { encode, MonitorError } from '@mnist-monitor/shared';
import { openScriptedPublisher, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import {
  languageModelRun,
  metricsRun,
  regressionRun,
  thousandClassRun,
  threeClassRun,
} from '../../packages/dashboard/dist/test/support/kinds-of-runs.js';
import { afterTest, temporaryFolder } from '../../packages/gateway/dist/test/support/cleanup.js';
import { startGateway } from '../../packages/gateway/dist/test/support/gateway.js';
import { MemoryStore } from '../../packages/gateway/dist/test/support/memory-store.js';
import { helloOf, openPublisher } from '../../packages/gateway/dist/test/support/publisher.js';
import { writeDataset } from '../../packages/trainer/dist/test/support/idx-dataset.js';
import { endPrograms, Program } from '../../packages/trainer/dist/test/support/processes.js';
import { shortRun } from '../../packages/trainer/dist/test/support/short-run.js';
import { largestRun } from './largest-run.js';
import { pythonEnvironment, run } from './tools.js';

const pythonClient = fileURLToPath(new URL('../../clients/python/src', import.meta.url));
const publishRuns = fileURLToPath(new URL('../publishers/publish_runs.py', import.meta.url));

/** A viewer that keeps the text of every message of its feed. */
class Recorder {
  texts = [];
  #socket;

  constructor(url) {
    this.#socket = new WebSocket(url, 'mnist-monitor.v2');
    this.#socket.on('message', (data) => this.texts.push(String(data)));
    this.#socket.on('error', () => {}); // The test ends when messages are missing.
    afterTest(() => this.close());
  }

  /** Resolves when messages that contain each of these texts have been received. */
  async received(...parts) {
    const isMissing = (part) => !this.texts.some((text) => text.includes(part));
    while (parts.some(isMissing)) await once(this.#socket, 'message');
  }

  send = (message) => this.#socket.send(encode(message));
  close = () => this.#socket.close();
}

/** Records a run after its end, as single events or as bundles. */
async function recordStored(gateway, runId, parameters = 'bundle=true') {
  const viewer = new Recorder(`${gateway.liveUrl}?run=${runId}&${parameters}`);
  await viewer.received('"type":"live"');
  viewer.close();
  return viewer.texts;
}

/** Publishes events in a version of the protocol, and records them live and afterwards. @throws Error for a rejected event. */
async function recordEvents(events, protocol = 2) {
  const gateway = await startGateway();
  const [{ runId }] = events;
  const publisher = await openPublisher(gateway.ingestUrl, helloOf(runId, { protocol }));
  publisher.send(events.slice(0, 1));
  await publisher.acked(1);
  const viewer = new Recorder(`${gateway.liveUrl}?run=${runId}&complete=true`);
  await viewer.received('"type":"live"');
  publisher.send(events.slice(1));
  const answers = await publisher.acked(events.length);
  const rejected = answers.find(({ type }) => type === 'reject');
  if (rejected) throw new Error(JSON.stringify(rejected));
  await viewer.received(`"seq":${events.length},`);
  return [...viewer.texts, ...(await recordStored(gateway, runId))];
}

/** Records a run of this project's trainer, which is paused, and given a learning rate by a program, while it trains. */
async function recordTrainer(...flags) {
  const gateway = await startGateway();
  afterTest(endPrograms);
  const viewer = new Recorder(gateway.liveUrl);
  const runs = temporaryFolder();
  const sizes = ['--train-size', '128', '--epochs', '1'];
  const trainer = Program.trainer([
    ...[
      ...shortRun,
      ...sizes,
      '--gateway',
      gateway.ingestUrl,
      '--runs',
      runs,
      '--run-id',
      'trained',
      ...flags,
    ],
  ]);
  await viewer.received('"type":"batch"');
  const command = (name, data) =>
    viewer.send({
      type: 'command',
      id: `by-tuner-${name}`,
      command: name,
      runId: 'trained',
      by: 'tuner.py',
      ...data,
    });
  command('pause');
  await viewer.received('"run.paused"');
  command('setLearningRate', { data: { learningRate: 0.003 } });
  command('resume');
  if ((await trainer.ended()) !== 0) throw new Error(`the trainer failed: ${trainer.stderr}`);
  await viewer.received('"type":"run.finished"');
  return [...viewer.texts, ...(await recordStored(gateway, 'trained'))];
}

function recordLetters() {
  const data = temporaryFolder();
  writeDataset(data, { classCount: 47, trainSize: 128, testSize: 94, emnist: 'balanced' });
  return recordTrainer('--data', data);
}

/** Records the runs of publish_runs.py, which uses the Python client. */
async function recordPython() {
  const gateway = await startGateway();
  const { code, stderr } = await run(
    join(pythonEnvironment, 'bin/python'),
    [publishRuns, gateway.ingestUrl],
    {
      env: { PYTHONPATH: pythonClient },
    },
  );
  if (code !== 0) throw new Error(stderr);
  const texts = [];
  for (const runId of ['classifier', 'regression', 'language-model'])
    texts.push(...(await recordStored(gateway, runId, 'complete=true')));
  return texts;
}

/** Returns the events of a session with the trainer of protocol 1, which are recorded. */
function protocol1Events() {
  const file = new URL('../../packages/gateway/test/fixtures/protocol-1/feed.jsonl.gz', import.meta.url);
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  return lines.filter((line) => line.startsWith('{"v":1')).map((line) => JSON.parse(line));
}

/** Records the messages about a run, its publisher, the trainers and the store, which are not events. */
async function recordControl() {
  const store = new MemoryStore();
  const limits = { heartbeatMs: 100, storeCheckMs: 20 };
  const events = sampleRunOfVersion2('recorded');
  const publish = async (gateway, count) => {
    const publisher = await openPublisher(gateway.ingestUrl, helloOf('recorded', { protocol: 2 }));
    publisher.send(events.slice(publisher.after, count));
    await publisher.acked(count);
    publisher.connection.socket.close();
  };
  const before = await startGateway({ store });
  await publish(before, events.length - 2);
  await before.close();
  const page = store.page.bind(store);
  // The events are missing from the store.
  store.page = async (runId, options) => ({
    ...(await page(runId, options)),
    ...{ events: [], through: options.after, more: false },
  });
  const gateway = await startGateway({ store, limits });
  const viewer = new Recorder(gateway.liveUrl);
  await viewer.received('"type":"gap"', '"type":"live"', '"type":"heartbeat"');
  await publish(gateway, events.length);
  const trainer = await openScriptedPublisher({ url: gateway.ingestUrl, WebSocket, commands: ['start'] });
  await viewer.received('"type":"trainers"');
  viewer.send({ type: 'command', id: 'start-001', command: 'start', data: { epochs: 3 } });
  viewer.send({ type: 'command', id: 'pause-001', command: 'pause', runId: 'recorded' });
  await viewer.received('"id":"start-001"', '"id":"pause-001"');
  trainer.close();
  const run = `${gateway.url}/api/runs/recorded`;
  const headers = { 'content-type': 'application/json' };
  await fetch(run, { method: 'PATCH', headers, body: JSON.stringify({ title: 'Recorded', pinned: true }) });
  await viewer.received('"type":"annotated"', '"type":"status"');
  const { append, check } = store;
  const failure = new MonitorError('store.full', 'no space is left for the database');
  Object.assign(store, { append: () => Promise.reject(failure), check: () => Promise.reject(failure) });
  await fetch(`${gateway.url}/readyz`);
  await viewer.received('"failing"');
  Object.assign(store, { append, check });
  await viewer.received('"state":"ok"');
  await fetch(run, { method: 'DELETE' });
  await viewer.received('"type":"removed"');
  return [...viewer.texts]; // A copy, since heartbeats still arrive.
}

/** Functions that record the feed of each kind of run from a gateway, over a WebSocket. */
const records = {
  'MNIST, by the trainer of protocol 1': () => recordEvents(protocol1Events(), 1),
  'MNIST, by the trainer': () => recordTrainer(),
  '47 classes in the format of EMNIST, by the trainer': recordLetters,
  ...(pythonEnvironment && { 'three classes, regression and language model, by Python': recordPython }),
  'three classes, without totals': () => recordEvents(threeClassRun('three-classes')),
  'a regression without accuracy': () => recordEvents(regressionRun('regression')),
  'a language model on two GPUs': () => recordEvents(languageModelRun('language-model', 100_000, 1_000)),
  '1,000 classes': () => recordEvents(thousandClassRun('thousand')),
  'custom metrics and figures': () => recordEvents(metricsRun('metrics')),
  'layers, probes, snapshots, and values that are not finite': () => recordEvents(sampleRunOfVersion2()),
  'the largest events': () => recordEvents(largestRun('largest')),
  'the messages that are not events': recordControl,
};

/** Records the feeds one after another: together, they would keep this process too busy to answer in time. */
async function recordAll() {
  const feeds = [];
  for (const [name, record] of Object.entries(records)) feeds.push({ name, texts: await record() });
  return feeds;
}

let recorded;

/** Returns the name of each feed, and the texts of all its messages. They are recorded by the first call. */
export async function recordedFeeds() {
  recorded ??= recordAll();
  try {
    return await recorded;
  } catch (error) {
    recorded = undefined; // The second try of a test records them again.
    throw error;
  }
}
