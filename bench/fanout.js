// Measures how fast and at what cost events reach many subscribers, compared with plain ws in the same rounds; with --peers also
// with Socket.IO, Centrifuge and polling a file. Server and load have a core each. Requires Linux, and Go for the load.
// `npm run bench -- fanout [--subscribers 1000] [--rate 100] [--seconds 10] [--rounds 3] [--peers] [--capacity]
//   [--stalled K] [--json]`
import { parseArgs } from 'node:util';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { buildGo, generateLoad } from './load.js';
import { machine } from './machine.js';
import { peers, startGateway } from './servers.js';
import { median } from './statistics.js';

const { values } = parseArgs({
  options: {
    subscribers: { type: 'string', default: '1000' },
    /** Events a second; with --capacity the first rate. */
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'boolean', default: false },
    /** Multiply the rate by 1.4 until less than 99 % is delivered in time, or p99 is over 250 ms. */
    capacity: { type: 'boolean', default: false },
    /** Number of subscribers that stop reading. */
    stalled: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});
const settings = {
  subscribers: Number(values.subscribers),
  rate: Number(values.rate),
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
};
const stalled = Number(values.stalled);
const program = buildGo('load');
const { data } = sampleRun({ epochs: 1, batchesPerEpoch: 2 }).find(({ type }) => type === 'batch');

/** Measures one server once. */
async function measure(start, extraFlags = {}) {
  const { stop, ...server } = await start();
  try {
    const { subscribers, rate, seconds } = settings;
    return await generateLoad(program, {
      ...server,
      data: JSON.stringify(data),
      subscribers,
      rate,
      seconds,
      ...extraFlags,
    });
  } finally {
    await stop();
  }
}

function competitors() {
  if (stalled > 0)
    return {
      'all read': () => measure(startGateway),
      [`${stalled} stop reading`]: () => measure(startGateway, { stalled }),
    };
  const others = values.peers ? peers : { ws: peers.ws };
  const viewers = settings.subscribers + 1;
  const starts = { gateway: () => startGateway({ viewers }), ...others };
  const extraFlags = values.capacity ? { capacity: true } : {};
  return Object.fromEntries(
    Object.entries(starts).map(([name, start]) => [name, () => measure(start, extraFlags)]),
  );
}

const runs = {};
for (let round = 0; round < settings.rounds; round++)
  for (const [name, run] of Object.entries(competitors())) {
    runs[name] ??= [];
    runs[name].push(await run());
  }

/** Returns the last step that the server kept up with, or the first step. */
const bestStep = ({ steps }) =>
  steps.findLast(({ deliveredShare, p99Ms }) => deliveredShare >= 0.99 && p99Ms <= 250) ?? steps[0];

const results = Object.entries(runs).map(([name, measured]) => {
  const steps = measured.map(bestStep);
  const medianOf = (pick) => median(steps.map(pick));
  return {
    name,
    deliveriesPerSecond: medianOf((step) => step.deliveriesPerSecond),
    deliveredShare: medianOf((step) => step.deliveredShare),
    p50Ms: medianOf((step) => step.p50Ms),
    p99Ms: medianOf((step) => step.p99Ms),
    p999Ms: medianOf((step) => step.p999Ms),
    cpuMicrosecondsPerDelivery: medianOf((step) => step.cpuMicrosecondsPerDelivery),
    memoryBytesPerSubscriber: median(measured.map((run) => run.memoryBytesPerSubscriber)),
    memoryBytesPeak: median(measured.map((run) => run.memoryBytesPeak)),
    ...(measured[0].stalled ? { stalled: measured.map((run) => run.stalled) } : {}),
  };
});
const base = results.find(({ name }) => name === 'ws') ?? results[0];
const report = results.map((result) => ({
  ...result,
  ratios: {
    deliveriesPerSecond: result.deliveriesPerSecond / base.deliveriesPerSecond,
    p99: result.p99Ms / base.p99Ms,
    cpuPerDelivery: result.cpuMicrosecondsPerDelivery / base.cpuMicrosecondsPerDelivery,
  },
}));

if (values.json) {
  const header = {
    bench: 'fanout',
    ...machine(),
    settings: { ...settings, capacity: values.capacity, stalled },
  };
  console.log(JSON.stringify({ ...header, ratiosTo: base.name, results: report, runs }, null, 2));
} else {
  const cells = (row) => row.map((cell, index) => (index ? cell.padStart(11) : cell.padEnd(20))).join('');
  console.log(
    cells([
      '',
      'delivered',
      'per second',
      'p50 ms',
      'p99 ms',
      'p99.9 ms',
      'µs each',
      `/ ${base.name}`,
      'kB each',
      'peak MB',
    ]),
  );
  for (const { name, ratios, ...result } of report)
    console.log(
      cells([
        name,
        `${(result.deliveredShare * 100).toFixed(2)} %`,
        result.deliveriesPerSecond.toFixed(0),
        result.p50Ms.toFixed(1),
        result.p99Ms.toFixed(1),
        result.p999Ms.toFixed(1),
        result.cpuMicrosecondsPerDelivery.toFixed(2),
        (values.capacity ? ratios.deliveriesPerSecond : ratios.cpuPerDelivery).toFixed(2),
        (result.memoryBytesPerSubscriber / 1024).toFixed(0),
        (result.memoryBytesPeak / 2 ** 20).toFixed(0),
      ]),
    );
  for (const result of report)
    if (result.stalled) console.log(`${result.name}: ${JSON.stringify(result.stalled)}`);
}
