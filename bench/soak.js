// Attacks a gateway in every known way at once while one honest publisher and one honest viewer use it.
// `npm run bench -- soak [--seconds 600] [--settle 60]` prints JSON. It exits with 0 only if there is no response 500 and no error in the
// log, the resident memory returns to within 20 % of its value before, and the honest viewer receives every event of the honest publisher once and in
// order. Requires Linux.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectLive, encode } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { memoryEnvironment } from '../packages/gateway/dist/src/memory.js';
import { hostileKinds } from './hostile.js';
import { machine } from './machine.js';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '600' }, settle: { type: 'string', default: '60' } },
});
const seconds = Number(values.seconds);
/**
 * Duration of a first attack, which warms up compilers and caches. Then only the honest clients use the gateway for
 * `settleSeconds`, and its memory is measured. The memory after the second attack is compared with that value.
 */
const warmUpSeconds = 20;
/** After an attack, connections that do not read are cut within 15 s, and memory is released. */
const settleSeconds = Number(values.settle);
const eventsPerSecond = 50;
const token = 'soak-publisher-token';
const commandToken = 'soak-commands-token';

const folder = mkdtempSync(join(tmpdir(), 'mnist-soak-'));
const main = fileURLToPath(new URL('../packages/gateway/dist/src/main.js', import.meta.url));
const flags = [
  '--runs',
  folder,
  '--port',
  '0',
  '--ingest-port',
  '0',
  '--log-level',
  'error',
  '--proxies',
  '127.0.0.1',
];
// The number of runs is bounded: hostile publishers begin some each second.
flags.push('--keep', '100runs', '--token', token, '--command-token', commandToken);
const gateway = spawn(process.execPath, ['--inspect=127.0.0.1:0', main, ...flags], {
  stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  env: { ...memoryEnvironment, ...process.env },
});
const errors = [];
let inspectorUrl;
for (const stream of [gateway.stdout, gateway.stderr])
  createInterface(stream).on('line', (line) => {
    inspectorUrl ??= /^Debugger listening on (ws:\S+)/.exec(line)?.[1];
    if (!/debugger/i.test(line) && !line.startsWith('For help') && errors.length < 20)
      errors.push(line.slice(0, 500));
  });
const [{ url, ingestUrl }] = await once(gateway, 'message');

const answers = {};
const note = (kind, answer) => {
  answers[kind] ??= {};
  answers[kind][answer] = (answers[kind][answer] ?? 0) + 1;
};
const memoryOf = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))[1]) / 1024;

/** Returns the memory that the gateway reports, in MiB: the JavaScript heap, and buffers outside the heap. */
async function heapOf() {
  const text = await (await fetch(`${url}/metrics`)).text();
  const mebibytes = (name) => Math.round(Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)[1]) / 2 ** 20);
  return {
    heapUsed: mebibytes('nodejs_heap_size_used_bytes'),
    heapTotal: mebibytes('nodejs_heap_size_total_bytes'),
    external: mebibytes('nodejs_external_memory_bytes'),
  };
}

/** Makes the gateway collect all its garbage: memory that has grown even after this is a leak. */
async function collectGarbage() {
  const inspector = new WebSocket(inspectorUrl);
  await once(inspector, 'open');
  inspector.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
  await once(inspector, 'message');
  inspector.close();
  await delay(2_000);
}

const hello = (runId) =>
  JSON.stringify({ type: 'hello', protocol: 1, runId, publisherId: `soak-${runId}`, token });

/** Publishes events, and resolves when the gateway has acknowledged all of them. */
async function publish(runId, events) {
  const socket = new WebSocket(ingestUrl);
  await once(socket, 'open');
  socket.send(hello(runId));
  for await (const data of messagesOf(socket)) {
    const { type, seq } = JSON.parse(data);
    if (type === 'resume') for (const event of events) socket.send(encode(event));
    if (type === 'ack' && seq === events.length) break;
  }
  socket.close();
}

/** Yields the texts that a socket receives, without an end. */
async function* messagesOf(socket) {
  const queue = [];
  let wake;
  socket.on('message', (data) => {
    queue.push(data);
    wake?.();
  });
  for (;;) {
    while (queue.length > 0) yield queue.shift();
    await new Promise((resolve) => (wake = resolve));
  }
}

const large = sampleRun({ runId: 'large', epochs: 1, batchesPerEpoch: 3 });
const samples = large.find(({ type }) => type === 'samples');
const items = Array.from({ length: 100 }, (_, index) => samples.data.items[index % 12]);
const largeEvents = [
  large[0],
  ...Array.from({ length: 60 }, (_, index) => ({ ...samples, seq: index + 2, data: { epoch: 1, items } })),
];
await publish('large', largeEvents);

/** Pins a run, so that `--keep` does not remove it. */
async function pin(runId) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${commandToken}` };
  const { status } = await fetch(`${url}/api/runs/${runId}`, {
    method: 'PATCH',
    headers,
    body: '{"pinned":true}',
  });
  if (status !== 200) throw new Error(`expected 200 for the pin of ${runId}, got ${status}`);
}
await pin('large');

const name = '\u0001'.repeat(200);
const largestStart = structuredClone(large[0]);
largestStart.data.model.layers = Array(200).fill({
  name,
  type: name,
  outputShape: [1, 2, 3, 4],
  parameters: 1,
});

const epochs = 100;
/** The longest time for which the honest publisher may need events. */
const totalSeconds = seconds + warmUpSeconds + 3 * settleSeconds + 120;

/** Starts the honest publisher, which keeps its events until they are acknowledged, and reconnects and resumes. */
function honestPublisher() {
  const run = sampleRun({
    runId: 'honest',
    epochs,
    batchesPerEpoch: Math.ceil((totalSeconds * eventsPerSecond) / epochs),
  });
  const state = { produced: 0, acked: 0, connections: 0, refused: 0, finished: false };
  let socket;
  let isReady = false;
  const send = (events) => {
    for (const event of events) socket.send(encode(event));
  };
  const connect = () => {
    socket = new WebSocket(ingestUrl);
    state.connections++;
    socket.on('open', () => socket.send(hello('honest')));
    socket.on('unexpected-response', (_request, { statusCode }) => {
      note('honestPublisher', statusCode);
      state.refused++;
      socket.terminate();
    });
    socket.on('error', () => {});
    socket.on('close', (code) => {
      isReady = false;
      if (state.finished) return;
      note('honestPublisher', code);
      setTimeout(connect, 500);
    });
    socket.on('message', (data) => {
      const reply = JSON.parse(String(data));
      if (reply.type === 'ack') state.acked = reply.seq;
      if (reply.type === 'reject') note('honestPublisher', 'reject');
      if (reply.type !== 'resume') return;
      send(run.slice(reply.after, state.produced));
      isReady = true;
    });
  };
  connect();
  const timer = setInterval(() => {
    const next = run.slice(state.produced, state.produced + eventsPerSecond / 10);
    state.produced += next.length;
    if (isReady) send(next);
  }, 100);
  return {
    state,
    /** Stops publishing, and waits for all acknowledgements, at most a minute. @returns The published events. */
    async finish() {
      clearInterval(timer);
      const limit = performance.now() + 60_000;
      while (state.acked < state.produced && performance.now() < limit) await delay(50);
      state.finished = true;
      socket.close();
      return run.slice(0, state.produced);
    },
  };
}

/** Starts the honest viewer, which also sends requests like the dashboard's: each has to be answered with 200. */
function honestViewer() {
  const seen = [];
  const problems = [];
  const latencies = [];
  const client = connectLive({
    url: `${url.replace('http', 'ws')}/live`,
    run: 'honest',
    complete: true,
    WebSocket,
    onEvent: (event) => seen.push(event),
    onInvalid: (error) => problems.push(`invalid message: ${JSON.stringify(error).slice(0, 200)}`),
    onState: (state) =>
      state.name !== 'open' && state.name !== 'connecting' && problems.push(JSON.stringify(state)),
  });
  const timer = setInterval(async () => {
    for (const path of ['/healthz', '/readyz', '/api/runs/honest', '/api/runs?limit=20']) {
      const begin = performance.now();
      const status = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(30_000) }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.status;
        },
        (error) => error.name,
      );
      if (path === '/healthz') latencies.push(performance.now() - begin);
      note('honestViewer', status);
    }
  }, 1_000);
  return { seen, problems, latencies, stop: () => [clearInterval(timer), client.close()] };
}

/** Attacks the gateway in every known way at once, for a number of seconds. */
async function attack(forSeconds) {
  const controller = new AbortController();
  const { signal } = controller;
  const runIds = { large: 'large', honest: 'honest' };
  const kinds = hostileKinds({ url, ingestUrl, token, runIds, events: large, largestStart, signal, note });
  const work = Promise.all(Object.values(kinds).map((kind) => kind()));
  await delay(forSeconds * 1_000);
  controller.abort();
  await Promise.race([work, delay(35_000)]);
}

const memory = { started: memoryOf() };
const watch = setInterval(() => {
  memory.peak = Math.max(memory.peak ?? 0, memoryOf());
}, 500);
const publisher = honestPublisher();
while (publisher.state.acked === 0) await delay(20);
await pin('honest');
const viewer = honestViewer();
await delay(settleSeconds * 1_000);
memory.neverAttacked = memoryOf();
await attack(warmUpSeconds);
await delay(settleSeconds * 1_000);
memory.before = memoryOf();
const heap = { before: await heapOf() };
for (const kind of Object.keys(answers)) delete answers[kind];
const [begin, cpuBefore] = [performance.now(), cpuSeconds()];
await attack(seconds);
const attackSeconds = (performance.now() - begin) / 1_000;
const cpuShare = (cpuSeconds() - cpuBefore) / attackSeconds;
await delay(settleSeconds * 1_000);
memory.after = memoryOf();
heap.after = await heapOf();
await collectGarbage();
memory.afterWithoutGarbage = memoryOf();
const published = await publisher.finish();
const limit = performance.now() + 60_000;
while (viewer.seen.length < published.length && performance.now() < limit) await delay(50);
const viewerProblems = viewer.problems.slice(0, 10);
viewer.stop();
clearInterval(watch);

function cpuSeconds() {
  const fields = readFileSync(`/proc/${gateway.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const isComplete =
  viewer.seen.length === published.length &&
  viewer.seen.every((event, index) => encode(event) === encode(published[index]));
const honest = { ...answers.honestViewer, ...answers.honestPublisher };
const has = (code) =>
  Object.entries(answers)
    .filter(([, counts]) => counts[code])
    .map(([kind]) => kind);
const sorted = viewer.latencies.sort((one, other) => one - other);
const checks = {
  isRunning: gateway.exitCode === null,
  no500: has('500').length === 0 && has('4500').length === 0,
  no503ForHonest: !honest['503'] && !honest['4503'] && publisher.state.refused === 0,
  honestAnswers: Object.keys(answers.honestViewer ?? {}).join() === '200',
  noErrorInLog: errors.length === 0,
  memoryWithin20Percent: memory.after <= memory.before * 1.2,
  honestComplete: isComplete && publisher.state.acked === published.length,
};
const exited = once(gateway, 'exit');
gateway.kill('SIGTERM');
await exited;
rmSync(folder, { recursive: true, force: true });

console.log(
  JSON.stringify(
    {
      bench: 'soak',
      ...machine(),
      settings: { seconds, warmUpSeconds, settleSeconds, eventsPerSecond },
      checks,
      memoryMiB: Object.fromEntries(Object.entries(memory).map(([key, value]) => [key, Math.round(value)])),
      heapMiB: heap,
      gatewayCpuShare: Number(cpuShare.toFixed(2)),
      honest: {
        published: published.length,
        received: viewer.seen.length,
        publisherConnections: publisher.state.connections,
        viewerProblems,
        healthzMs: { median: sorted[sorted.length >> 1], p99: sorted[Math.floor(sorted.length * 0.99)] },
      },
      answers,
      errors,
    },
    null,
    2,
  ),
);
process.exit(Object.values(checks).every(Boolean) ? 0 : 1);
