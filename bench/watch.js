// Measures `watch` in terminals of three sizes (with the program `script`, on Linux): the time from its first frame, before it connects, to
// the first frame of the run, and its processor time while a run publishes events, 100 a second by default.
// `npm run bench -- watch [--seconds 60] [--rate 100]` prints JSON, in milliseconds and in shares of a core.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openScriptedPublisher, sampleRun } from '@mnist-monitor/shared/testing';
import { WebSocket } from 'ws';
import { machine } from './machine.js';
import { startServices } from './processes.js';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, rate: { type: 'string', default: '100' } },
});
const [seconds, rate] = [Number(values.seconds), Number(values.rate)];
const sizes = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 60 },
];
const main = fileURLToPath(new URL('../packages/cli/dist/src/main.js', import.meta.url));
/** Clock ticks in a second of `/proc/PID/stat`, on every architecture of Linux that Node.js runs on. */
const ticksPerSecond = 100;

function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Starts `watch`, and resolves when it shows the run. */
async function startWatch(url, { columns, rows }) {
  const command = `stty cols ${columns} rows ${rows}; echo pid $$; exec ${process.execPath} ${main} watch --url ${url}`;
  const startedAt = performance.now();
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...process.env, TERM: 'xterm' } });
  let output = '';
  let bytes = 0;
  let connectingAt;
  let shownAt;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    bytes += Buffer.byteLength(text);
    if (shownAt !== undefined) return;
    output += text;
    if (output.includes('Connecting')) connectingAt ??= performance.now();
    if (output.includes('● running')) shownAt = performance.now();
  });
  while (shownAt === undefined) await once(child.stdout, 'data');
  return {
    child,
    pid: Number(/pid (\d+)/.exec(output)[1]),
    writtenBytes: () => bytes,
    firstFrameMs: Math.round(shownAt - connectingAt),
    fromCommandMs: Math.round(shownAt - startedAt),
  };
}

const services = await startServices();
const url = services.liveUrl.replace('ws', 'http').replace(/live$/, '');
const steps = Math.ceil(rate * (seconds + 30) * sizes.length);
const events = sampleRun({ epochs: 1, batchesPerEpoch: steps }).filter(({ type }) => type !== 'system');
const publisher = await openScriptedPublisher({ url: services.ingestUrl, WebSocket, runId: events[0].runId });
let sent = 0;
const publishedFrom = performance.now();
const timer = setInterval(() => {
  const due = Math.min(Math.ceil(((performance.now() - publishedFrom) / 1_000) * rate), events.length - 3);
  const next = events.slice(sent, due).map((event, at) => ({ ...event, seq: sent + at + 1 }));
  publisher.send(...next);
  sent = Math.max(sent, due);
}, 1_000 / rate);
await delay(2_000);
const results = [];
for (const size of sizes) {
  const watch = await startWatch(url, size);
  await delay(1_000);
  const [before, bytesBefore, from] = [processorSeconds(watch.pid), watch.writtenBytes(), performance.now()];
  await delay(seconds * 1_000);
  const elapsed = (performance.now() - from) / 1_000;
  results.push({
    ...size,
    firstFrameMs: watch.firstFrameMs,
    fromCommandMs: watch.fromCommandMs,
    core: Number(((processorSeconds(watch.pid) - before) / elapsed).toFixed(4)),
    bytesPerSecond: Math.round((watch.writtenBytes() - bytesBefore) / elapsed),
  });
  watch.child.stdin.write('q');
  await once(watch.child, 'exit');
}
clearInterval(timer);
publisher.close();
await services.stop();
console.log(JSON.stringify({ machine: machine(), load: loadavg()[0], rate, seconds, results }, null, 2));
