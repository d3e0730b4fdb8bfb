import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** The address from which publishers guess tokens. No other client uses it, since the gateway soon refuses all its tokens. */
const guessingAddress = '127.0.0.66';
/** The open connections of each kind of client, and its attempts a second: few enough for the machine to stay usable. */
const bounds = { unread: 30, silent: 150, idle: 300, attemptsPerSecond: 10 };
const reservedFrame = Buffer.from([0xf1, 0x80, 1, 2, 3, 4]);
const unmaskedFrame = Buffer.from([0x81, 0x02, 0x68, 0x69]);
const invalidUtf8 = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]);
const hugeLength = Buffer.from([0x81, 0xff, 0, 0, 0x40, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
const fragment = Buffer.from([0x01, 0x80, 1, 2, 3, 4]);
/** The first byte of a close frame. */
const closeFrameByte = 0x88;

/**
 * Returns the kinds of hostile clients. Each is a function that runs until the signal is aborted and counts what the gateway
 * answers: `note(kind, answer)` with a status, a close code or the type of a message.
 * @param runIds The stored runs `large`, with large events, and `honest`, with many.
 * @param events Valid events of a run, to publish with wrong times.
 * @param largestStart A `run.started` of the largest size.
 */
export function hostileKinds({ url, ingestUrl, token, runIds, events, largestStart, signal, note }) {
  // Each open connection adds a listener for the end of the attack.
  setMaxListeners(0, signal);
  const publicPort = Number(new URL(url).port);
  const ingestPort = Number(new URL(ingestUrl).port);
  let address = 0;
  /** Returns the header of a client behind the trusted proxy, since clients on this machine are not limited by address. */
  const forwardedFor = () => `X-Forwarded-For: 198.51.100.${address++ % 8}\r\n`;
  const open = new Set();

  function socketTo(port) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    return socket;
  }

  const upgradeText = (path, headers = '') =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${headers}\r\n`;
  const getText = (path, headers = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

  /**
   * Sends texts or bytes one after the other, notes the answers, and waits for the end of the connection, which is closed
   * after `forMs`.
   */
  function exchange(kind, { port = publicPort, texts, reads = true, forMs = 2_000 }) {
    return new Promise((resolve) => {
      const socket = socketTo(port);
      const timer = setTimeout(() => socket.destroy(), forMs);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      for (const text of texts) socket.write(text);
      if (reads) socket.on('data', (data) => noteAnswers(kind, data));
      else socket.pause();
    });
  }
  /** Notes the status of each HTTP response in the data, or the code of the close frame that it begins with. */
  function noteAnswers(kind, data) {
    for (const [, status] of String(data.subarray(0, 65_536)).matchAll(/HTTP\/1\.1 (\d{3}) /g))
      note(kind, status);
    const [firstByte, length] = data;
    if (firstByte === closeFrameByte && length >= 2) note(kind, data.readUInt16BE(2));
  }

  /** Repeats work until the signal is aborted, at most `perSecond` times a second. */
  async function repeat(work, perSecond = bounds.attemptsPerSecond) {
    while (!signal.aborted) {
      const pause = delay(1_000 / perSecond, undefined, { signal }).catch(() => {});
      await work();
      await pause;
    }
  }
  /** Runs `count` loops, each of which keeps one connection open at a time. */
  const atOnce = (count, work) =>
    Promise.all(Array.from({ length: count }, (_, index) => repeat(() => work(index), 1)));

  function socketUntilClosed(kind, address, { onOpen = () => {}, forMs = 20_000, options = {} } = {}) {
    return new Promise((resolve) => {
      const socket = new WebSocket(address, { handshakeTimeout: 10_000, ...options });
      const end = () => socket.terminate();
      const timer = setTimeout(end, forMs);
      signal.addEventListener('abort', end);
      socket.on('open', () => onOpen(socket));
      socket.on('unexpected-response', (_request, response) => {
        note(kind, response.statusCode);
        socket.terminate();
      });
      socket.on('error', () => {});
      socket.on('close', (code) => {
        note(kind, code);
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      });
    });
  }
  const sendAll = (texts) => (socket) => {
    for (const text of texts) socket.send(text);
  };
  /** Sends a hello, and the texts when the gateway has answered it with `resume`. */
  const publishAll = (kind, hello, texts) => (socket) => {
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data));
      if (type === 'resume') sendAll(texts)(socket);
      else note(kind, type);
    });
    socket.send(hello);
  };
  const helloOf = (runId, publisherToken = token) =>
    JSON.stringify({
      type: 'hello',
      protocol: 1,
      runId,
      publisherId: randomBytes(6).toString('hex'),
      token: publisherToken,
    });
  const live = `${url.replace('http', 'ws')}/live`;
  let runNumber = 0;

  const kinds = {
    httpWithoutReading: () =>
      atOnce(bounds.unread, () =>
        exchange('httpWithoutReading', {
          texts: Array(3).fill(getText(`/api/runs/${runIds.large}/events?limit=2000`)),
          reads: false,
          forMs: 30_000,
        }),
      ),
    socketsWithoutReading: () =>
      atOnce(bounds.unread, () =>
        socketUntilClosed('socketsWithoutReading', `${live}?run=${runIds.large}&complete=true&bundle=true`, {
          onOpen: (socket) => socket.pause(),
        }),
      ),
    silentPublishers: () => atOnce(bounds.silent, () => socketUntilClosed('silentPublishers', ingestUrl)),
    silentConnections: () =>
      atOnce(bounds.silent, () => exchange('silentConnections', { texts: [], forMs: 20_000 })),
    wrongUpgrades: () =>
      repeat(async () => {
        for (const path of ['/', '/ingest', '/api/runs', '/socket.io/'])
          await exchange('wrongUpgrades', { texts: [upgradeText(path, forwardedFor())], forMs: 300 });
        await exchange('wrongUpgrades', { port: ingestPort, texts: [upgradeText('/live')], forMs: 300 });
      }),
    idleConnections: () =>
      atOnce(bounds.idle, () => exchange('idleConnections', { texts: [getText('/healthz')], forMs: 60_000 })),
    tokenGuesses: () =>
      repeat(async () => {
        const guess = randomBytes(12).toString('hex');
        const body = '{"title":"mine"}';
        const headers = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nAuthorization: Bearer ${guess}\r\n${forwardedFor()}`;
        const patch = `PATCH /api/runs/${runIds.large} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${body}`;
        await exchange('tokenGuesses', { texts: [patch], forMs: 200 });
        const command = JSON.stringify({ type: 'command', id: guess, command: 'stop', token: guess });
        const forwarded = { headers: { 'x-forwarded-for': '198.51.100.200' } };
        await socketUntilClosed('tokenGuesses', live, {
          onOpen: sendAll([command]),
          forMs: 1_000,
          options: forwarded,
        });
        await socketUntilClosed('tokenGuesses', ingestUrl, {
          onOpen: sendAll([helloOf('guess', guess)]),
          forMs: 1_000,
          options: { localAddress: guessingAddress },
        });
      }, 2),
    badFrames: () =>
      repeat(async () => {
        for (const frame of [
          reservedFrame,
          unmaskedFrame,
          invalidUtf8,
          hugeLength,
          Buffer.concat(Array(40).fill(fragment)),
        ])
          for (const [port, path] of [
            [publicPort, '/live'],
            [ingestPort, '/ingest'],
          ])
            await exchange('badFrames', {
              port,
              texts: [upgradeText(path), frame, randomBytes(64)],
              forMs: 200,
            });
      }, 2),
    badEvents: () =>
      repeat(async () => {
        const runId = `bad-${runNumber++}`;
        const event = (seq, data) =>
          JSON.stringify({ v: 1, runId, seq, time: new Date().toISOString(), type: 'batch', data });
        const texts = [
          event(1, { loss: 'high', accuracy: 93.1 }),
          event(2, { unknown: 'x'.repeat(900_000) }),
          event(3, JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)),
          `${event(4, {}).slice(0, -1)},"seq":5,"note":"${'\\u0000'.repeat(50_000)}"}`,
          event(9, {}),
          '{"v":',
        ];
        await socketUntilClosed('badEvents', ingestUrl, {
          onOpen: publishAll('badEvents', helloOf(runId), texts),
          forMs: 3_000,
        });
        const tooBig = 'x'.repeat(1_100_000);
        await socketUntilClosed('badEvents', ingestUrl, {
          onOpen: publishAll('badEvents', helloOf(runId), [tooBig]),
          forMs: 3_000,
        });
      }, 1),
    deepQueries: () =>
      repeat(async () => {
        const queries = [
          `a${'[b]'.repeat(2_000)}=1`,
          'x=1&'.repeat(2_000),
          `search=${'%20a'.repeat(50)}`,
          `search=${'a'.repeat(12_000)}`,
          `types=${'batch,'.repeat(1_500)}batch`,
          `${'%F0%9F%98%80'.repeat(300)}=1`,
        ];
        for (const path of [
          '/api/runs',
          `/api/runs/${runIds.large}/events`,
          `/api/runs/${runIds.large}/series`,
        ])
          await exchange('deepQueries', {
            texts: queries.map((query) => getText(`${path}?${query}`)),
            forMs: 500,
          });
      }, 1),
    expensiveGets: () =>
      atOnce(6, (index) =>
        exchange('expensiveGets', {
          texts: [
            getText(
              [
                `/api/runs/${runIds.honest}/series?points=10000&fields=batch.loss,batch.accuracy,batch.learningRate,system.host.cpu&x=seconds`,
                `/api/runs/${runIds.large}/export.csv`,
                '/api/runs?limit=500&search=a&order=pinned',
                '/docs',
                `/api/runs/${runIds.large}/export.jsonl`,
                '/openapi.json',
              ][index],
              'Accept-Encoding: gzip\r\n',
            ),
          ],
          forMs: 3_000,
        }),
      ),
    misspeltParameters: () =>
      repeat(async () => {
        const paths = [
          `/api/runs/${runIds.large}/events?limt=1`,
          '/api/runs?limit=1&limit=2',
          '/api/runs/x?y=1',
        ];
        await exchange('misspeltParameters', { texts: paths.map((path) => getText(path)), forMs: 300 });
        await socketUntilClosed('misspeltParameters', `${live}?rum=a`, { forMs: 1_000 });
        await socketUntilClosed('misspeltParameters', `${ingestUrl}?token=a`, { forMs: 1_000 });
      }, 2),
    wrongClocks: () =>
      repeat(async () => {
        const time = ['1970-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z'][
          runNumber % 3
        ];
        const runId = `clock-${runNumber++}`;
        const texts = events.map((event) => JSON.stringify({ ...event, runId, time }));
        await socketUntilClosed('wrongClocks', ingestUrl, {
          onOpen: publishAll('wrongClocks', helloOf(runId), texts),
          forMs: 2_000,
        });
      }, 0.5),
    largestStarts: () =>
      repeat(async () => {
        const runId = `large-start-${runNumber++}`;
        const texts = [JSON.stringify({ ...largestStart, runId })];
        await socketUntilClosed('largestStarts', ingestUrl, {
          onOpen: publishAll('largestStarts', helloOf(runId), texts),
          forMs: 2_000,
        });
      }, 0.5),
  };
  signal.addEventListener('abort', () => {
    for (const socket of open) socket.destroy();
  });
  return kinds;
}
