// Measures many viewers of one gateway, or of several on one Redis of which one is killed: delays, memory and processor time of a
// viewer, and how soon the viewers of the killed gateway are back. Viewers connect from several processes and loopback addresses.
// Requires Linux, Go for the viewers, and redis-server for several gateways. Gives up after --limit seconds. Prints JSON.
// `npm run bench -- viewers [--viewers 3000] [--rate 10] [--gateways 1] [--seconds 20] [--publisher] [--limit 300] [--profile DIR]`
// `--seconds`: before the gateway is killed, and again from 10 s after that; with one gateway, which is not killed, twice as long.
// `--publisher`: kill the gateway that the publisher is connected to. `--profile`: write CPU profiles of the gateways into a folder.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { memoryEnvironment } from '../packages/gateway/dist/src/memory.js';
import { buildGo } from './load.js';
import { machine } from './machine.js';
import { inFolder, startRedis } from './processes.js';
import { RoamingPublisher } from './roaming-publisher.js';
import { spread } from './statistics.js';
import { startViewers } from './viewer-processes.js';

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '3000' },
    /** Events a second. */
    rate: { type: 'string', default: '10' },
    gateways: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '20' },
    publisher: { type: 'boolean', default: false },
    limit: { type: 'string', default: '300' },
    profile: { type: 'string' },
  },
});
const [viewers, rate, gatewayCount, seconds, limitSeconds] = [
  'viewers',
  'rate',
  'gateways',
  'seconds',
  'limit',
].map((name) => Number(values[name]));
const isKilling = gatewayCount > 1;
const failoverSeconds = isKilling ? 10 : 0;
const runId = 'bench-viewers';
const startedAt = Date.now();
const deadline = startedAt + limitSeconds * 1_000;

/** Descriptors of a process besides those of its viewers. */
const otherDescriptors = 100;
const descriptors = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
const viewersPerGateway = Math.ceil(viewers / Math.max(1, gatewayCount - 1));
/** Memory of a viewer: 9 kB in its gateway, 1 kB in the load, and the kernel's two sockets with their buffers. */
const bytesPerViewer = 25_000;

function checkMachine() {
  const availableBytes = memoryFact('MemAvailable');
  if (viewers * bytesPerViewer > availableBytes)
    throw new Error(
      `${viewers} viewers need ${gigabytes(viewers * bytesPerViewer)} of memory, ${gigabytes(availableBytes)} are available`,
    );
  if (viewersPerGateway + otherDescriptors > descriptors)
    throw new Error(
      `${viewersPerGateway} viewers of one gateway${isKilling ? ', when another one is killed,' : ''} need more than the ${descriptors} descriptors that a process may open: use more gateways`,
    );
}

const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
const memoryFact = (name) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/meminfo', 'utf8'))[1]) * 1_024;

/** The memory of the kernel for objects, such as sockets, and for the data in sockets. */
function kernelBytes() {
  const [, pages] = /^TCP:.* mem (\d+)/m.exec(readFileSync('/proc/net/sockstat', 'utf8'));
  return memoryFact('Slab') + Number(pages) * 4_096;
}

const residentBytes = ({ child }) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) * 1_024;

/** The processor time of a gateway so far; the system counts in hundredths of a second. */
function cpuSeconds({ child }) {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function startGateway(folder, flags) {
  const main = fileURLToPath(new URL('../packages/gateway/dist/src/main.js', import.meta.url));
  const common = [
    '--port',
    0,
    '--ingest-port',
    0,
    '--log-level',
    'warn',
    '--viewers',
    descriptors - otherDescriptors,
  ];
  const child = fork(main, [...common, '--runs', folder, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...memoryEnvironment, ...process.env },
    execArgv: values.profile ? ['--cpu-prof', '--cpu-prof-dir', values.profile] : [],
  });
  const [{ url, ingestUrl }] = await once(child, 'message');
  return { child, liveUrl: `${url.replace('http', 'ws')}/live?run=${runId}`, ingestUrl };
}

async function measure({ gateways, program }) {
  const batch = sampleRun({ epochs: 1, batchesPerEpoch: 2 }).find(({ type }) => type === 'batch');
  const sum = (of, list = gateways) => list.reduce((total, each) => total + of(each), 0);
  // The gateway that is killed is the first one.
  const publisher = new RoamingPublisher({
    urls: gateways.map(({ ingestUrl }) => ingestUrl),
    first: isKilling && !values.publisher ? 1 : 0,
    event: { ...batch, runId },
  });
  // The run has to exist before viewers follow it.
  await publisher.publishOne();
  const survivors = gateways.slice(isKilling ? 1 : 0);
  const before = { resident: sum(residentBytes), kernel: kernelBytes(), cpu: sum(cpuSeconds) };
  const watching = startViewers(program, {
    urls: gateways.map(({ liveUrl }) => liveUrl),
    viewers,
    perProcess: descriptors - otherDescriptors,
  });
  try {
    const connectBefore = deadline - (2 * seconds + failoverSeconds + 30) * 1_000;
    const { live, seconds: connectSeconds } = await watching.connected(connectBefore);
    const connection = {
      live,
      seconds: connectSeconds,
      cpuMillisecondsEach: ((sum(cpuSeconds) - before.cpu) / live) * 1_000,
    };
    if (live < viewers) return { connection, gaveUp: `${live} of ${viewers} viewers were connected in time` };
    await delay(1_000);
    const connected = { resident: sum(residentBytes), kernel: kernelBytes() };
    publisher.start(rate);
    await delay(3_000);
    const cpu = sum(cpuSeconds);
    const from = publisher.count;
    watching.openWindow('before');
    await delay(seconds * 1_000);
    const cpuBefore = (sum(cpuSeconds) - cpu) / (viewers * (publisher.count - from));
    watching.openWindow('during');
    if (isKilling) gateways[0].child.kill('SIGKILL');
    await delay(failoverSeconds * 1_000);
    watching.openWindow('after');
    await delay(seconds * 1_000);
    await publisher.stop();
    const counted = await watching.finish(publisher.count);
    const deliveries = publisher.count * viewers;
    return {
      connection,
      memory: {
        // The memory of a gateway that has just started contains some 40 MB of garbage, which its first viewers replace.
        residentBytesPerGateway: before.resident / gatewayCount,
        residentBytesPerGatewayWithViewers: connected.resident / gatewayCount,
        residentBytesPerGatewayAtTheEnd: sum(residentBytes, survivors) / survivors.length,
        residentBytesPerViewer: (connected.resident - before.resident) / viewers,
        kernelBytesPerConnection: (connected.kernel - before.kernel) / viewers,
      },
      events: publisher.count,
      /** The part of the delays that storing takes: every commit waits for the disk. */
      ackMs: spread(publisher.ackDelays),
      deliveredShare: (deliveries - counted.missing - counted.lost - counted.skipped) / deliveries,
      cpuMicrosecondsPerDelivery: cpuBefore * 1e6,
      ...counted,
    };
  } finally {
    watching.stop();
    await publisher.close();
    if (values.profile) await Promise.all(survivors.map(endGently));
  }
}

/** Ends a gateway with a signal that it handles, so that it writes its profile. */
async function endGently({ child }) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

checkMachine();
const program = buildGo('load');
const result = await inFolder(async (folder, started) => {
  const flags = [];
  if (gatewayCount > 1) {
    const redis = await startRedis(folder);
    started.push(redis);
    flags.push('--redis-url', redis.url);
  }
  const gateways = [];
  for (let index = 0; index < gatewayCount; index++) {
    gateways.push(await startGateway(folder, flags));
    started.push(gateways.at(-1));
  }
  return measure({ gateways, program });
});
const settings = {
  viewers,
  rate,
  gateways: gatewayCount,
  seconds,
  failoverSeconds,
  publisher: values.publisher,
};
const tookSeconds = (Date.now() - startedAt) / 1_000;
console.log(JSON.stringify({ bench: 'viewers', ...machine(), settings, ...result, tookSeconds }, null, 2));
if (result.gaveUp) process.exitCode = 1;
