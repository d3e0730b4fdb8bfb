// Measures how fast the gateway accepts events from a publisher at full speed, and the resources it needs.
// `npm run bench -- ingest [--seconds 10] [--rounds 3] [--subscribers 0] [--json]`; requires Linux, and Go for the load.
import { parseArgs } from 'node:util';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { buildGo, generateLoad } from './load.js';
import { machine } from './machine.js';
import { startGateway } from './servers.js';
import { spread } from './statistics.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    subscribers: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});
const program = buildGo('load');
const { data } = sampleRun({ epochs: 1, batchesPerEpoch: 2 }).find(({ type }) => type === 'batch');

const runs = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const { stop, ...server } = await startGateway();
  const { seconds, subscribers } = values;
  runs.push(
    await generateLoad(program, { ...server, data: JSON.stringify(data), subscribers, seconds, rate: 0 }),
  );
  await stop();
}
const spreadOf = (pick) => spread(runs.map(pick));
const result = {
  eventsPerSecond: spreadOf(({ steps }) => steps[0].publishedPerSecond),
  cpuMicrosecondsPerEvent: spreadOf(
    ({ steps }) => (steps[0].cpuSeconds * 1e6) / (steps[0].publishedPerSecond * Number(values.seconds)),
  ),
  ackP50Ms: spreadOf(({ ackP50Ms }) => ackP50Ms),
  ackP99Ms: spreadOf(({ ackP99Ms }) => ackP99Ms),
  memoryBytesPeak: spreadOf(({ memoryBytesPeak }) => memoryBytesPeak),
};

if (values.json) {
  console.log(JSON.stringify({ bench: 'ingest', ...machine(), settings: values, ...result, runs }, null, 2));
} else {
  console.log('                            min      median         max');
  for (const [name, { min, median, max }] of Object.entries(result)) {
    const figures = [min, median, max].map((figure) => figure.toFixed(figure < 1_000 ? 1 : 0).padStart(12));
    console.log(name.padEnd(24) + figures.join(''));
  }
}
