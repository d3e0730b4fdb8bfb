// Runs viewers in a separate process. A viewer whose gateway disconnects reconnects to the next gateway with `after`. The parent
// process sends commands, and receives the counts.
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** The first reconnection delay of the client library. */
const firstBackoffMs = 500;

/** Delays of events in milliseconds, by the window in which they were sent. */
const delays = { before: [], during: [], after: [] };
const counts = { viewers: 0, doubled: 0, gaps: 0, reconnects: 0 };
/** The last seq of each viewer. */
const lastSeqs = [];
/** The windows of the measurement, in order: their names and the times at which they begin. */
let windows = [];
let closing = false;

const windowAt = (sentAt) => windows.findLast(({ from }) => sentAt >= from)?.name;

function receive(index, text) {
  if (text.startsWith('{"v":1')) {
    const seq = Number(/"seq":(\d+)/.exec(text)[1]);
    const sentAt = Date.parse(/"time":"([^"]+)"/.exec(text)[1]);
    if (seq <= lastSeqs[index]) counts.doubled++;
    else if (seq > lastSeqs[index] + 1) counts.gaps += seq - lastSeqs[index] - 1;
    lastSeqs[index] = Math.max(lastSeqs[index], seq);
    const name = windowAt(sentAt);
    if (name) delays[name].push(Date.now() - sentAt);
  }
}

/** Follows the run until this process ends. Resolves when the viewer is live for the first time. */
function startViewer(index, urls, runId) {
  lastSeqs[index] = 0;
  let gatewayIndex = index;
  return new Promise((resolve) => {
    const connect = () => {
      const socket = new WebSocket(
        `${urls[gatewayIndex % urls.length]}?run=${runId}&after=${lastSeqs[index]}`,
        {
          perMessageDeflate: false,
        },
      );
      socket.on('message', (data) => {
        const text = String(data);
        if (text.startsWith('{"type":"live"')) resolve();
        receive(index, text);
      });
      socket.on('error', () => {});
      socket.on('close', async () => {
        if (closing) return;
        counts.reconnects++;
        gatewayIndex++;
        await delay(firstBackoffMs / 2 + (firstBackoffMs / 2) * Math.random());
        connect();
      });
    };
    connect();
  });
}

const commands = {
  async open({ count, urls, runId }) {
    counts.viewers = count;
    for (let index = 0; index < count; index += 25) {
      const group = Array.from({ length: Math.min(25, count - index) }, (_, offset) => index + offset);
      await Promise.all(group.map((each) => startViewer(each, urls, runId)));
    }
  },
  async windows({ list }) {
    windows = list;
  },
  /** Waits until every viewer has every event, at most `ms` milliseconds. */
  async finish({ lastSeq, ms }) {
    for (const end = Date.now() + ms; Date.now() < end && lastSeqs.some((last) => last < lastSeq); )
      await delay(50);
    closing = true;
    return {
      ...counts,
      delays,
      missing: lastSeqs.reduce((sum, last) => sum + Math.max(0, lastSeq - last), 0),
    };
  },
};

process.on('message', async ({ command, ...given }) => {
  process.send({ answer: await commands[command](given) });
});
