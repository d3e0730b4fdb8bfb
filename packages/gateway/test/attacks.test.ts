import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { closeCodes } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { connect, readRefusal, refusalStatus } from './support/connection.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';
import { helloOf, publish } from './support/publisher.ts';
import { openTrainer } from './support/trainer.ts';

const evil = 'http://evil.example';

/** Sends a request with headers that `fetch` would not send, and resolves with the answer. */
async function get(url: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const [response] = await once(request(url, { headers }).end(), 'response');
  return { status: response.statusCode, text: await readText(response) };
}

/** Requests a path exactly as it is written, which `fetch` would normalize, and resolves with the status. */
async function statusOf(url: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, path, headers }).end();
  const [response] = await once(sent, 'response');
  response.resume();
  return response.statusCode;
}

const refusals = ({ log }: TestGateway): string[] =>
  log
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'a request was refused')
    .map(({ code }) => code);

describe('a page of another site in the browser of a user', () => {
  test('cannot open the feed (cross-site WebSocket hijacking), and the attempt is logged (S-6, S-54)', async () => {
    const gateway = await startGateway();
    const attempts = [gateway.liveUrl, gateway.ingestUrl].flatMap((url) =>
      [evil, 'null', `${gateway.url}.evil.example`, 'https://127.0.0.1'].map((origin) =>
        refusalStatus(url, { headers: { origin } }),
      ),
    );
    expect(await Promise.all(attempts)).toEqual(attempts.map(() => 403));
    expect(refusals(gateway)).toEqual(attempts.map(() => 'request.forbidden'));
    const entries = gateway.log
      .filter((line) => line.includes('a request was refused'))
      .map((line) => JSON.parse(line));
    expect(entries[0]).toMatchObject({ level: 40, address: '127.0.0.1' });
    const ingestOrigin = new URL(gateway.ingestUrl.replace('ws:', 'http:')).origin;
    for (const expected of [gateway.url, ingestOrigin])
      expect(entries.map(({ detail }) => detail)).toContain(
        `expected the Origin "${expected}", one that --origins names, or none, got "http://evil.example"; a proxy in front has to forward Host (docs/proxy.md)`,
      );
  });

  test('is informed why the feed refuses it: a check is refused for the same reason as the upgrade (P-173)', async () => {
    const gateway = await startGateway();
    const check = (headers: Record<string, string>) =>
      fetch(`${gateway.url}/live/check`, { method: 'POST', headers });
    const { problem } = await readRefusal(gateway.liveUrl, { headers: { origin: evil } });
    expect(await (await check({ origin: evil })).json()).toEqual(problem);
    expect(await (await check({ origin: gateway.url })).json()).toEqual({ accepted: true });
    expect(await statusOverHttp10(gateway.url, 'POST', '/live/check')).toBe(400);
  });

  test('cannot open the feed when --origins allows it to another page (S-6)', async () => {
    const named = 'https://notes.example.org';
    const gateway = await startGateway({ origins: [named] });
    expect(await refusalStatus(gateway.liveUrl, { headers: { origin: evil } })).toBe(403);
    expect(await refusalStatus(gateway.ingestUrl, { headers: { origin: named } })).toBe(403);
    await connect(gateway.liveUrl, { headers: { origin: named } });
  });

  test('cannot read or command under a name of its own (DNS rebinding), and the attempt is logged (S-9)', async () => {
    const gateway = await startGateway();
    const headers = { host: 'evil.example' };
    expect(await statusOf(gateway.url, '/api/runs', headers)).toBe(403);
    expect(await statusOf(gateway.url, '/', headers)).toBe(403);
    expect(await refusalStatus(gateway.liveUrl, { headers: { ...headers, origin: evil } })).toBe(403);
    expect(refusals(gateway)).toEqual(Array(3).fill('request.forbidden'));
  });
});

test('every route at both ports is refused under the name of another host (S-9)', async () => {
  const { url, ingestUrl } = await startGateway();
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
  const headers = { host: 'evil.example' };
  const routes = Object.keys(paths).map((path) => path.replace(/\{\w+\}/g, 'a'));
  expect(routes.length).toBeGreaterThan(15);
  for (const path of [...routes, '/nothing'])
    expect([path, await statusOf(url, path, headers)]).toEqual([path, 403]);
  const ingest = ingestUrl.replace('ws:', 'http:').replace('/ingest', '');
  const file = `/runs/a/snapshots/${'0'.repeat(64)}`;
  for (const path of ['/ingest', file, '/nothing'])
    expect([path, await statusOf(ingest, path, headers)]).toEqual([path, 403]);
});

describe('a request from a page of another site', () => {
  const fromPage = (headers: Record<string, string>) => ({ 'sec-fetch-site': 'cross-site', ...headers });
  const link = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

  test.each<[string, Record<string, string>, number]>([
    ['an image or script', fromPage({ 'sec-fetch-mode': 'no-cors' }), 403],
    ['a fetch', fromPage({ 'sec-fetch-mode': 'cors', origin: evil }), 403],
    [
      'a fetch from another port of this machine',
      { 'sec-fetch-site': 'same-site', origin: 'http://localhost:3' },
      403,
    ],
    ['a frame', fromPage({ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }), 403],
    ['a link that a person follows', fromPage(link), 200],
    ['the address bar', { 'sec-fetch-site': 'none', ...link }, 200],
    ['the page itself', { 'sec-fetch-site': 'same-origin' }, 200],
    ['a program', {}, 200],
  ])('is refused by Sec-Fetch-Site unless it is a link: %s (S-11)', async (_what, headers, status) => {
    const gateway = await startGateway();
    expect(await statusOf(gateway.url, '/api/runs', headers)).toBe(status);
  });

  test.each(['cross-site', 'same-site'])(
    'shows the page in a frame only where --embed names sites, and nothing else (%s) (S-10)',
    async (site) => {
      const frame = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' };
      const page = temporaryFolder();
      writeFileSync(join(page, 'index.html'), 'the page');
      const closed = await startGateway({ page });
      const refused = await get(`${closed.url}/`, frame);
      expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('with --embed') });
      const open = await startGateway({ page, embed: ['https://notes.example.org'] });
      expect(await get(`${open.url}/?run=a`, frame)).toEqual({ status: 200, text: 'the page' });
      expect(await statusOf(open.url, '/api/runs', frame)).toBe(403);
      expect(await statusOf(open.url, '/api/runs', { ...frame, 'sec-fetch-dest': 'image' })).toBe(403);
    },
  );
});

test('a request with two Host headers is refused at both ports (S-12)', async () => {
  const gateway = await startGateway();
  for (const url of [gateway.url, gateway.ingestUrl]) {
    const socket = connectTcp(Number(new URL(url).port), '127.0.0.1');
    afterTest(() => socket.destroy());
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\n\r\n');
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 400 /);
  }
});

/** Sends a request over HTTP/1.0, as nginx before 1.29.7 does by default, and resolves with the status. */
async function statusOverHttp10(url: string, method: string, path: string): Promise<number> {
  const { port, host } = new URL(url);
  const socket = connectTcp(Number(port), '127.0.0.1');
  afterTest(() => socket.destroy());
  socket.write(`${method} ${path} HTTP/1.0\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const [head] = await once(socket, 'data');
  return Number(/^HTTP\/1\.1 (\d+)/.exec(String(head))?.[1]);
}

describe('a stranger behind a proxy on this machine', () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.7' };

  test('changes nothing and commands nothing without a token, and the log contains why (S-8, S-54)', async () => {
    const gateway = await startGateway();
    await publish(gateway.ingestUrl, sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 }));
    expect(await statusOverHttp10(gateway.url, 'DELETE', '/api/runs/a')).toBe(403);
    const removal = await fetch(`${gateway.url}/api/runs/a`, { method: 'DELETE', headers: forwarded });
    expect(await removal.json()).toMatchObject({
      code: 'command.off',
      detail: expect.stringMatching(/proxy \(x-forwarded-for\).*--command-token/),
    });
    const viewer = await connect(gateway.liveUrl, { headers: forwarded });
    expect(await viewer.next()).toMatchObject({
      commands: 'off',
      commandsOffReason: expect.stringMatching(/proxy \(x-forwarded-for\).*--command-token/),
    });
    viewer.send({ type: 'command', id: 'command-1', command: 'stop' });
    const answers = await viewer.until(({ type }) => type === 'commandResult');
    expect(answers.at(-1)).toMatchObject({ ok: false, code: 'command.off' });
    expect(refusals(gateway)).toEqual(['command.off', 'command.off']);
    expect(
      gateway.log.filter((line) => /through a proxy are off: .*--command-token/.test(line)),
    ).toHaveLength(1);
    expect(await statusOf(gateway.url, '/api/runs/a')).toBe(200);
  });

  test('publishes nothing without a token (S-8)', async () => {
    const gateway = await startGateway();
    const { status, problem } = await readRefusal(gateway.ingestUrl, { headers: forwarded });
    expect(status).toBe(403);
    expect(problem).toMatchObject({
      code: 'request.forbidden',
      detail: expect.stringMatching(/proxy \(x-forwarded-for\); set --token/),
    });
    const open = await startGateway({ token: 'the-publishing-secret' });
    const publisher = await connect(open.ingestUrl, { headers: forwarded });
    publisher.send(helloOf('a', { token: 'the-publishing-secret' }));
    expect(await publisher.next()).toMatchObject({ type: 'resume' });
  });
});

describe('a stranger who reaches a port', () => {
  test('reads no file by a path that leads out of its folder (S-15)', async () => {
    const gateway = await startGateway();
    await publish(gateway.ingestUrl, sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 }));
    const up = ['../', '..%2f', '%2e%2e/', '..%5c', '....//', '%252e%252e%252f'].map((step) =>
      step.repeat(8),
    );
    const paths = ['/', '/assets/', '/api/runs/a/model/', '/api/runs/'].flatMap((from) =>
      up.map((steps) => `${from}${steps}etc/passwd`),
    );
    const statuses = await Promise.all(paths.map((path) => statusOf(gateway.url, path)));
    expect(statuses.filter((status) => ![400, 403, 404].includes(status))).toEqual([]);
  });

  test('is refused when its headers are too large, while others are served (S-30)', async () => {
    const gateway = await startGateway();
    expect(await statusOf(gateway.url, '/', { 'x-large': 'x'.repeat(20_000) })).toBe(431);
    expect(await refusalStatus(gateway.liveUrl, { headers: { cookie: 'x'.repeat(20_000) } })).toBe(431);
    const { port } = new URL(gateway.url);
    const many = connectTcp(Number(port), '127.0.0.1');
    afterTest(() => many.destroy());
    many.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(20_000)}\r\n`);
    expect(String((await once(many, 'data'))[0])).toMatch(/^HTTP\/1\.1 431 /);
    expect(await statusOf(gateway.url, '/healthz')).toBe(200);
  });

  const secrets = { token: 'the-publishing-secret', commandToken: 'the-command-secret' };

  /** Connects to the feed, pauses with a token, and resolves with the answer. */
  async function command(gateway: TestGateway, token: string, headers: Record<string, string>) {
    const viewer = await connect(gateway.liveUrl, { headers });
    viewer.send({ type: 'command', id: 'command-1', command: 'pause', token });
    const answers = await viewer.until((message) => message.id === 'command-1');
    return { code: answers.at(-1)!.code, closed: viewer.closed };
  }

  /** Sends `hello` with a token, and resolves with `resume` or the code of the closed connection. */
  async function sayHello(gateway: TestGateway, token: string, headers: Record<string, string>) {
    const publisher = await connect(gateway.ingestUrl, { headers });
    publisher.send(helloOf('a', { token }));
    const resumed = publisher.next().then(({ type }) => type);
    return Promise.race([resumed, publisher.closed.then(({ code }) => code)]);
  }

  /** Deletes what an address names, with a token, and resolves with the status and code of the answer. */
  async function remove(url: string, token: string, headers: Record<string, string>) {
    const sent = { ...headers, authorization: `Bearer ${token}` };
    const answer = await fetch(url, { method: 'DELETE', headers: sent });
    return [answer.status, ((await answer.json()) as { code: string }).code];
  }

  const runOf = ({ url }: TestGateway) => `${url}/api/runs/nowhere`;
  const fileOf = ({ ingestUrl }: TestGateway) =>
    `${new URL(ingestUrl.replace('ws', 'http')).origin}/runs/nowhere/snapshots/${'0'.repeat(64)}`;
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const tooMany = [429, 'request.too_many'];

  test('guesses at most ten tokens at once, over REST, the feed and the ingest port (P-259, S-24, S-28, S-54)', async () => {
    const gateway = await startGateway({ ...secrets, limits: { wrongTokensPerSecond: 0 } });
    const stranger = from('203.0.113.7'); // An unnamed proxy: its clients share the address of the proxy.
    for (let i = 0; i < 10; i++)
      expect(await remove(runOf(gateway), `guess-${i}`, stranger)).toEqual([401, 'command.unauthorized']);
    expect(await remove(runOf(gateway), secrets.commandToken, stranger)).toEqual(tooMany);
    const { code, closed } = await command(gateway, secrets.commandToken, stranger);
    expect(code).toBe('request.too_many');
    expect((await closed).code).toBe(closeCodes.tooMany.code);

    const answers: unknown[] = [];
    for (let i = 0; i < 11; i++)
      answers.push(await sayHello(gateway, i < 10 ? `guess-${i}` : secrets.token, stranger));
    expect(answers).toEqual([...Array(10).fill(closeCodes.unauthorized.code), closeCodes.tooMany.code]);
    expect(await remove(fileOf(gateway), secrets.token, stranger)).toEqual(tooMany);
    const refused = [...Array(10).fill('command.unauthorized'), 'request.too_many', 'request.too_many'];
    expect(refusals(gateway)).toEqual(refused);
    expect(gateway.log.join('\n')).not.toMatch(/guess-|secret/);
  });

  test('locks nobody out by guessing: neither this machine nor a network that has sent the right token (P-259, S-25)', async () => {
    const proxies = ['127.0.0.1'];
    const gateway = await startGateway({ ...secrets, proxies, limits: { wrongTokensPerSecond: 0 } });
    const owner = from('2001:db8::1');
    const ofSameNetwork = from('2001:db8::2');
    const ofOtherNetwork = from('203.0.113.7');
    const found = [404, 'run.not_found'];
    const noFile = [404, 'request.not_found'];
    expect(await remove(runOf(gateway), secrets.commandToken, owner)).toEqual(found);
    expect(await sayHello(gateway, secrets.token, owner)).toBe('resume');
    for (const headers of [ofSameNetwork, ofOtherNetwork, {}])
      for (let i = 0; i < 11; i++) {
        await remove(runOf(gateway), `guess-${i}`, headers);
        await remove(fileOf(gateway), `guess-${i}`, headers);
      }
    for (const headers of [owner, {}]) {
      expect(await remove(runOf(gateway), secrets.commandToken, headers)).toEqual(found);
      expect((await command(gateway, secrets.commandToken, headers)).code).toBe('command.no_trainer');
      expect(await sayHello(gateway, secrets.token, headers)).toBe('resume');
      expect(await remove(fileOf(gateway), secrets.token, headers)).toEqual(noFile);
    }
    expect(await remove(runOf(gateway), secrets.commandToken, ofOtherNetwork)).toEqual(tooMany);
    expect(await sayHello(gateway, secrets.token, ofOtherNetwork)).toBe(closeCodes.tooMany.code);
    expect(await remove(fileOf(gateway), secrets.token, ofOtherNetwork)).toEqual(tooMany);
  });

  test('finds nothing that clients have sent in the log (S-57)', async () => {
    const gateway = await startGateway(secrets);
    const marker = 'sent-by-a-client';
    const texts = [
      marker,
      `{"type":"hello","token":${marker}}`,
      JSON.stringify(helloOf('a', { token: [marker] })),
      JSON.stringify({ type: 'command', id: 'command-1', command: 'pause', data: { [marker]: marker } }),
      JSON.stringify({ type: marker }),
    ];
    for (const url of [gateway.liveUrl, gateway.ingestUrl])
      for (const text of texts) {
        const connection = await connect(url);
        connection.socket.send(text);
        await Promise.race([connection.closed, connection.next()]);
      }
    const trainer = await openTrainer(gateway.ingestUrl, 'a', {
      token: secrets.token,
      commands: ['enqueue', 'pause'],
    });
    trainer.send(sampleRun({ runId: 'a' }).slice(0, 1));
    await trainer.acked(1);
    const viewer = await connect(gateway.liveUrl);
    const token = secrets.commandToken;
    const name = marker;
    viewer.send({ type: 'command', id: 'command-1', command: 'enqueue', data: { name }, token });
    await trainer.nextCommand();
    trainer.answer('command-1', { ok: true, queue: [{ queuedId: 'command-1', data: { name } }] });
    viewer.send({ type: 'command', id: 'command-2', command: 'pause', token });
    await trainer.nextCommand();
    trainer.answer('command-2', { ok: false, code: 'command.refused', message: marker });
    await viewer.until(({ id }) => id === 'command-2');
    const body = JSON.stringify({ title: marker, [marker]: marker });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    await fetch(`${gateway.url}/api/runs/a`, { method: 'PATCH', headers, body });
    const commands = gateway.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'command');
    expect(commands).toMatchObject([
      { command: 'enqueue', ok: true },
      { command: 'pause', ok: false, code: 'command.refused' },
    ]);
    expect(gateway.log.join('\n')).not.toContain(marker);
  });

  test('is disconnected and logged at each wrong token, and no token is in the log (P-234, S-24, S-28, S-55)', async () => {
    const gateway = await startGateway(secrets);
    for (const token of ['guess-one', 'guess-two', undefined]) {
      const publisher = await connect(gateway.ingestUrl);
      publisher.send(helloOf('a', { token }));
      expect((await publisher.closed).code).toBe(closeCodes.unauthorized.code);
    }
    for (const token of ['guess-three', 'the-command-secre']) {
      const viewer = await connect(gateway.liveUrl);
      viewer.send({ type: 'command', id: 'command-1', command: 'pause', token });
      const answers = await viewer.until((message) => message.id === 'command-1');
      expect(answers.at(-1)).toMatchObject({ ok: false, code: 'command.unauthorized' });
      expect((await viewer.closed).code).toBe(closeCodes.unauthorized.code);
    }
    const publishing = await connect(gateway.ingestUrl);
    publishing.send(helloOf('a', { token: 'the-publishing-secret' }));
    expect(await publishing.next()).toMatchObject({ type: 'resume' });

    const log = gateway.log.join('\n');
    const closings = gateway.log
      .map((line) => JSON.parse(line))
      .filter(({ close }) => close === 'unauthorized')
      .map(({ level, address }) => ({ level, address }));
    expect(closings).toEqual(Array(5).fill({ level: 40, address: '127.0.0.1' }));
    expect(log).not.toMatch(/guess-|secre/);
  });
});
