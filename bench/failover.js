// Measures what viewers notice when one of three gateways on one Redis is killed, compared with a single gateway with as
// many viewers. Requires redis-server.
// `npm run bench -- failover [--viewers 3000] [--rate 10] [--seconds 20] [--processes 2] [--publisher]`
// `--publisher`: kill the gateway that the publisher is connected to. Prints JSON.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { machine } from './machine.js';
import { inFolder, startRedis } from './processes.js';

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '3000' },
    /** Events a second. */
    rate: { type: 'string', default: '10' },
    /** Seconds of measurement before the gateway is killed, and again from 10 s after that. */
    seconds: { type: 'string', default: '20' },
    processes: { type: 'string', default: '2' },
    publisher: { type: 'boolean', default: false },
  },
});
const [viewers, rate, seconds, processes] = ['viewers', 'rate', 'seconds', 'processes'].map((name) =>
  Number(values[name]),
);
const failoverSeconds = 10;
const runId = 'bench-failover';
const path = (file) => fileURLToPath(new URL(file, import.meta.url));
const batch = sampleRun({ epochs: 1, batchesPerEpoch: 2 }).find(({ type }) => type === 'batch');

async function startGateway(folder, flags = []) {
  const main = path('../packages/gateway/dist/src/main.js');
  const child = fork(main, [...commonFlags, '--runs', folder, ...flags], { stdio: 'inherit' });
  const [{ url, ingestUrl }] = await once(child, 'message');
  return { child, liveUrl: `${url.replace('http', 'ws')}/live`, ingestUrl };
}
const commonFlags = ['--port', '0', '--ingest-port', '0', '--log-level', 'error'];

/** Publishes at a rate, and continues at the next gateway when its own disconnects. */
class Publisher {
  events = [];
  #urls;
  #gatewayIndex;
  #timer;
  #acked = 0;

  constructor(urls, gatewayIndex) {
    this.#urls = urls;
    this.#gatewayIndex = gatewayIndex;
    this.#connect();
  }

  start() {
    const begunAt = Date.now();
    this.#timer = setInterval(() => {
      while (this.events.length < ((Date.now() - begunAt) / 1_000) * rate) this.#add();
    }, 5);
  }

  async stop() {
    clearInterval(this.#timer);
    while (this.#acked < this.events.length) await delay(20);
    this.closed = true;
    this.socket.close();
  }

  #add() {
    const event = JSON.stringify({
      ...batch,
      runId,
      seq: this.events.length + 1,
      time: new Date().toISOString(),
    });
    this.events.push(event);
    if (this.ready) this.socket.send(event);
  }

  #connect() {
    this.socket = new WebSocket(this.#urls[this.#gatewayIndex % this.#urls.length]);
    this.socket.on('open', () =>
      this.socket.send(JSON.stringify({ type: 'hello', protocol: 1, runId, publisherId: 'bench-publisher' })),
    );
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.ready = false;
      this.#gatewayIndex++;
      if (!this.closed) setTimeout(() => this.#connect(), 250);
    });
    this.socket.on('message', (data) => {
      const reply = JSON.parse(String(data));
      if (reply.type === 'ack') this.#acked = reply.seq;
      if (reply.type !== 'resume') return;
      for (const event of this.events.slice(reply.after)) this.socket.send(event);
      this.ready = true;
    });
  }
}

async function startViewers(urls) {
  const children = Array.from({ length: processes }, () => fork(path('failover-viewers.js')));
  const send = (message) =>
    Promise.all(
      children.map(async (child, index) => {
        child.send(typeof message === 'function' ? message(index) : message);
        return (await once(child, 'message'))[0].answer;
      }),
    );
  await send((index) => ({
    command: 'open',
    ...{ urls, runId },
    count: Math.floor((viewers + index) / processes),
  }));
  return { send, stop: () => children.map((child) => child.kill()) };
}

/** Measures delays during a run. @param kill Index of the gateway that is killed after the first part; none by default. */
async function measure({ gateways, kill }) {
  // With --publisher, the publisher connects to the gateway that is killed; without, to another one.
  const publisher = new Publisher(
    gateways.map(({ ingestUrl }) => ingestUrl),
    kill === undefined || values.publisher ? (kill ?? 0) : kill + 1,
  );
  publisher.start();
  await delay(500);
  const watching = await startViewers(gateways.map(({ liveUrl }) => liveUrl));
  await delay(2_000);
  const now = Date.now();
  const killAt = now + seconds * 1_000;
  const afterAt = killAt + failoverSeconds * 1_000;
  const list = [
    { name: 'before', from: now },
    { name: 'during', from: killAt },
    { name: 'after', from: afterAt },
  ];
  await watching.send({ command: 'windows', list });
  await delay(killAt - Date.now());
  if (kill !== undefined) gateways[kill].child.kill('SIGKILL');
  await delay(afterAt + seconds * 1_000 - Date.now());
  await publisher.stop();
  const counted = await watching.send({ command: 'finish', lastSeq: publisher.events.length, ms: 15_000 });
  watching.stop();
  const sum = (name) => counted.reduce((total, each) => total + each[name], 0);
  const windows = list.map(({ name }) => [
    name,
    figuresOf(counted.flatMap((each) => each.delays[name] ?? [])),
  ]);
  const expectedDeliveries = publisher.events.length * viewers;
  return {
    events: publisher.events.length,
    deliveredShare: (expectedDeliveries - sum('missing') - sum('gaps')) / expectedDeliveries,
    doubled: sum('doubled'),
    reconnects: sum('reconnects'),
    ...Object.fromEntries(windows),
  };
}

function figuresOf(delays) {
  const sorted = Float64Array.from(delays).sort();
  const quantile = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { deliveries: sorted.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99), maxMs: sorted.at(-1) };
}

const one = await inFolder(async (folder, started) => {
  started.push(await startGateway(folder));
  return measure({ gateways: started });
});
const three = await inFolder(async (folder, started) => {
  const redis = await startRedis(folder);
  const gateways = [];
  started.push(redis);
  for (let index = 0; index < 3; index++)
    gateways.push(await startGateway(folder, ['--redis-url', redis.url]));
  started.push(...gateways);
  return measure({ gateways, kill: 0 });
});

console.log(
  JSON.stringify(
    {
      bench: 'failover',
      ...machine(),
      settings: { viewers, rate, seconds, failoverSeconds, processes, publisher: values.publisher },
      one,
      three,
      ratios: { before: three.before.p99Ms / one.before.p99Ms, after: three.after.p99Ms / one.after.p99Ms },
    },
    null,
    2,
  ),
);
