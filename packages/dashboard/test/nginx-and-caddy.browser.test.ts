import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type { LookupFunction } from 'node:net';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  connectLive,
  type LiveClient,
  type LiveClientOptions,
  type LiveHello,
  type MonitorEvent,
} from '@mnist-monitor/shared';
import { WebSocket } from 'ws';
import { findChromium } from './support/browser.ts';
import { type Monitor, useMonitor } from './support/monitor.ts';
import { field, runOf, shows } from './support/page-elements.ts';
import {
  type Certificate,
  documentedBlocks,
  findProgram,
  makeCertificate,
  type Placement,
  type ProxyServer,
  proxyHost,
  replaced,
  startCaddy,
  startNginx,
} from './support/proxy-servers.ts';
import { strokeWeights, withStrokeNetwork } from './support/stroke-network.ts';

const chromium = findChromium();
const nginx = findProgram('nginx');
const caddy = findProgram('caddy');
findProgram('openssl');
const [nginxBelowPath = '', nginxIngest = ''] = documentedBlocks('nginx', 2);
const [caddyBelowPath = ''] = documentedBlocks('caddy', 1);

const commandToken = 'open sesame, open wide';
const publishToken = 'a secret of publishers';
const embedder = 'https://notes.example';
const browserFlags = [`--host-resolver-rules=MAP ${proxyHost} 127.0.0.1`];

/** Resolves `proxyHost` to the loopback address for clients in Node.js. */
const lookup = ((_host, options, done) =>
  options.all
    ? done(null, [{ address: '127.0.0.1', family: 4 }])
    : done(null, '127.0.0.1', 4)) as LookupFunction;

let certificate: Certificate;
const opened: (() => unknown)[] = [];
beforeAll(() => {
  certificate = makeCertificate();
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => rmSync(certificate.folder, { recursive: true, force: true }));

type Start = (configuration: string, to: Placement) => Promise<ProxyServer>;

/** Starts a proxy in front of a gateway until the end of the test. Returns its address. */
async function startProxy(start: Start, configuration: string, { url, ingestUrl }: Monitor): Promise<string> {
  const to = { ...certificate, gateway: new URL(url).host, ingest: new URL(ingestUrl).host };
  const proxy = await start(configuration, to);
  opened.push(() => proxy.close());
  return `https://${proxyHost}:${proxy.port}`;
}
const withNginx: Start = (configuration, to) => startNginx(nginx as string, configuration, to);
const withCaddy: Start = (configuration, to) => startCaddy(caddy as string, configuration, to);

/** Sends a request as a program does that trusts the certificate. */
async function ask(
  url: string,
  options: RequestOptions = {},
  content?: Buffer,
): Promise<{ head: IncomingMessage; body: string }> {
  const ca = readFileSync(certificate.certificate);
  const sent = request(url, { ca, lookup, agent: false, ...options }).end(content);
  const [head] = (await once(sent, 'response')) as [IncomingMessage];
  return { head, body: await readText(head) };
}

/** A WebSocket class for a client that trusts the certificate. */
const trustingSocket = (): (new (url: string, protocols?: string) => WebSocket) =>
  class extends WebSocket {
    constructor(url: string, protocols?: string) {
      super(url, protocols, { ca: readFileSync(certificate.certificate), lookup });
    }
  };

/** Follows a run through a proxy. Resolves when the client has received every past event. */
function follow(
  address: string,
  options: Pick<LiveClientOptions, 'run' | 'onEvent'>,
): Promise<{ feed: LiveClient; hello: LiveHello }> {
  return new Promise((resolve) => {
    let hello: LiveHello;
    const feed = connectLive({
      ...options,
      url: `${address.replace('https', 'wss')}/live`,
      WebSocket: trustingSocket() as never,
      onHello: (message) => {
        hello = message;
      },
      onLive: () => resolve({ feed, hello }),
    });
    opened.push(() => feed.close());
  });
}

/** The message of every warning in the gateway's log. */
const warnings = ({ log }: Monitor): string[] =>
  log
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === 40)
    .map(({ detail, msg }) => detail ?? msg);

/** Resolves when the gateway has logged a warning that contains the text. */
async function waitForWarning(monitor: Monitor, text: string): Promise<void> {
  while (!warnings(monitor).some((warning) => warning.includes(text)))
    await new Promise((resolve) => setTimeout(resolve, 20));
}

const run = (runId: string, events: readonly MonitorEvent[]) => ({
  ...{ runId, events, token: publishToken },
  commands: ['pause', 'stop'] as const,
});

const isComplete = chromium !== undefined;
const describeWith = (program: string | undefined) => (program && isComplete ? describe : describe.skip);

const nginxAt = (path: string): string =>
  replaced(nginxBelowPath, [
    ['location /monitor/', `location ${path}/`],
    ['X-Forwarded-Prefix /monitor', `X-Forwarded-Prefix ${path}`],
  ]);
const nginxAtName = replaced(nginxBelowPath, [
  ['location /monitor/', 'location /'],
  ['        proxy_set_header X-Forwarded-Prefix /monitor;\n', ''],
]);
const caddyAtName = caddyBelowPath.replace(/ {4}redir[\s\S]*$/, '    reverse_proxy 127.0.0.1:5000\n}\n');

const setups = [
  { name: 'nginx', program: nginx, start: withNginx, configuration: nginxBelowPath, path: '/monitor' },
  { name: 'nginx', program: nginx, start: withNginx, configuration: nginxAtName, path: '' },
  {
    ...{ name: 'nginx', program: nginx, start: withNginx },
    ...{ configuration: nginxAt('/user/x/proxy/5000'), path: '/user/x/proxy/5000' },
  },
  { name: 'Caddy', program: caddy, start: withCaddy, configuration: caddyBelowPath, path: '/monitor' },
  { name: 'Caddy', program: caddy, start: withCaddy, configuration: caddyAtName, path: '' },
];

(chromium ? describe : describe.skip)('a gateway whose address docs/proxy.md puts behind a proxy', () => {
  const flags = [
    ...['--bind', proxyHost, '--proxies', '127.0.0.1', '--embed', embedder, '--log-level', 'info'],
    ...['--command-token', commandToken, '--token', publishToken],
  ];
  const monitor = useMonitor(chromium, flags, browserFlags);

  for (const [index, { name, program, start, configuration, path }] of setups.entries())
    describeWith(program)(`${name} at ${path}/`, () => {
      it('serves the page with all its parts, live, and accepts commands with the token', async () => {
        const runId = `20261130-10000${index}-${randomUUID().slice(0, 8)}`; // A second try needs another run.
        const events = withStrokeNetwork(runOf(runId, 2));
        const half = events.findIndex(({ type }) => type === 'samples') + 1;
        mkdirSync(join(monitor.runs, runId), { recursive: true });
        const weights = strokeWeights({ upright: 1, level: 7 });
        writeFileSync(join(monitor.runs, runId, 'mnist_cnn.safetensors'), weights);
        const publisher = await monitor.publish(run(runId, events.slice(0, half)));
        const origin = await startProxy(start, configuration, monitor);
        const at = `${origin}${path}/`;
        const page = await monitor.visit(`?run=${runId}`, { at, ignoreHTTPSErrors: true });
        await shows(page, field('health-state'), 'Live');
        await page.locator('#draw-open').click();
        await shows(page, field('draw-note'), 'Weights of epoch 1');
        await page.locator('#runs-open').click();
        await shows(page, '#run-list', runId);
        await page.keyboard.press('Escape');
        await page.locator('#export summary').click();
        await page.locator('#export-csv').waitFor();
        await page.keyboard.press('Escape');
        await page.locator('#help-open').click();
        await page.locator('#help-dialog a').first().waitFor();
        const links = await page
          .locator('#help-dialog a, #export a, link')
          .evaluateAll((elements) => elements.map((element) => (element as HTMLAnchorElement).href));
        // The scripts that are preloaded may be any number; the other links may not.
        expect(links.filter((link) => !link.endsWith('.js'))).toHaveLength(8);
        for (const link of links) {
          expect(link.startsWith(at)).toBe(true);
          expect((await ask(link)).head.statusCode).toBe(200);
        }
        await page.keyboard.press('Escape');

        await page.locator('#pause-run').click();
        await page.locator('#token-form [name="token"]').fill(commandToken);
        await page.keyboard.press('Enter');
        await publisher.waitForCommands(1);
        expect(publisher.commands.map(({ command }) => command)).toEqual(['pause']);
        expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([
          `mnist-monitor.command-token ${path}/`,
        ]);
        publisher.send(...events.slice(half));
        await shows(page, field('phase'), 'Completed');
        expect(page.url().startsWith(at)).toBe(true);
        const loaded = await page.evaluate(() =>
          performance.getEntriesByType('resource').map((entry) => entry.name),
        );
        expect(loaded.filter((address) => !address.startsWith(at))).toEqual([]);
        expect(loaded.some((address) => address.startsWith(`${at}api/runs/`))).toBe(true);
        expect(monitor.browserProblems).toEqual([]);
      });

      it('forwards the documents, the feed and its clients’ addresses to programs', async () => {
        const runId = `20261130-11000${index}-programs`;
        const events = runOf(runId, 1);
        await monitor.publish(run(runId, events));
        const origin = await startProxy(start, configuration, monitor);
        const { body } = await ask(`${origin}${path}/asyncapi.json`);
        expect(JSON.parse(body).servers.public).toMatchObject({
          ...{ host: new URL(origin).host, protocol: 'wss' },
          ...(path !== '' && { pathname: path }),
        });
        expect((await ask(`${origin}${path}/docs`)).body).toContain('href="docs.css"');

        const received: number[] = [];
        const { feed, hello } = await follow(`${origin}${path}`, {
          run: runId,
          onEvent: ({ seq }) => received.push(seq),
        });
        expect(hello).toMatchObject({ commands: 'token' });
        expect(received).toEqual(events.map(({ seq }) => seq));
        expect(await feed.command('stop', undefined)).toMatchObject({
          ok: false,
          code: 'command.unauthorized',
        });

        const removal = await ask(`${origin}${path}/api/runs/${runId}`, {
          method: 'DELETE',
          localAddress: '127.0.0.2',
          headers: { 'x-forwarded-for': '198.51.100.7', authorization: 'Bearer not the token at all' },
        });
        expect(removal.head.statusCode).toBe(401);
        const refusals = monitor.log
          .map((line) => JSON.parse(line))
          .filter(({ code }) => code === 'command.unauthorized');
        // The command over the WebSocket, and the removal.
        expect(refusals.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.2']);
      });

      if (path !== '')
        it('redirects the address without its last slash to the page', async () => {
          const origin = await startProxy(start, configuration, monitor);
          const { head } = await ask(`${origin}${path}`);
          expect([301, 302]).toContain(head.statusCode);
          expect(new URL(head.headers.location as string, origin).href).toBe(`${origin}${path}/`);
        });
    });

  describeWith(nginx)('nginx with the location of the ingest port', () => {
    it('accepts a publisher with the token, and refuses one without it', async () => {
      const configuration = replaced(nginxBelowPath, [
        ['    location /monitor/ {', `${nginxIngest}    location /monitor/ {`],
      ]);
      const origin = await startProxy(withNginx, configuration, monitor);
      const publishing = async (hello: object): Promise<object> => {
        const socket = new (trustingSocket())(`${origin.replace('https', 'wss')}/monitor/ingest`);
        opened.push(() => socket.terminate());
        await once(socket, 'open');
        socket.send(
          JSON.stringify({
            type: 'hello',
            protocol: 1,
            publisherId: 'publisher-of-this-test',
            commands: [],
            ...hello,
          }),
        );
        const answered = once(socket, 'message').then(([data]) => JSON.parse(String(data)));
        return Promise.race([
          answered,
          once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) })),
        ]);
      };
      const runId = '20261130-120000-published';
      expect(await publishing({ runId })).toMatchObject({ code: 4401 });
      expect(await publishing({ runId, token: publishToken })).toMatchObject({ type: 'resume', after: 0 });

      // The largest file that the gateway takes, which nginx limits to 1 MB by default.
      const images = Buffer.alloc(16 * 1024 * 1024, 7);
      const digest = createHash('sha256').update(images).digest('hex');
      const file = '20261130-140000-with-files';
      await monitor.publish(run(file, runOf(file).slice(0, 9)));
      const upload = async (headers: OutgoingHttpHeaders, content: Buffer): Promise<number | undefined> => {
        const url = `${origin}/monitor/runs/${file}/test-images/${digest}`;
        return (await ask(url, { method: 'PUT', headers }, content)).head.statusCode;
      };
      for (let times = 0; times < 5; times++) expect(await upload({}, images)).toBe(401);
      expect(await upload({ authorization: `Bearer ${publishToken}` }, images)).toBe(201);
    });
  });

  describeWith(nginx)('a page of another site that shows the dashboard in a frame', () => {
    it.each([
      ['that --embed names', embedder, 'Live'],
      ['that --embed does not name (S-10)', 'https://evil.example', 'refused'],
    ])('%s: %s', async (_which, site, expected) => {
      await monitor.publish(run('20261130-130000-framed', runOf('20261130-130000-framed').slice(0, 9)));
      const origin = await startProxy(withNginx, nginxBelowPath, monitor);
      const context = await monitor.browser.newContext({ ignoreHTTPSErrors: true });
      opened.push(() => context.close());
      const body = `<iframe src="${origin}/monitor/" width="1200" height="800"></iframe>`;
      // Chromium treats this page as one on the internet, whose frames need a permission to reach this machine.
      await context.grantPermissions(['local-network-access'], { origin: site });
      await context.route(`${site}/**`, (route) => route.fulfill({ contentType: 'text/html', body }));
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('console', (message) => errors.push(message.text()));
      await page.goto(`${site}/`);
      const address = expected === 'Live' ? `${origin}/monitor/` : 'chrome-error://chromewebdata/';
      while (page.frames().at(-1)?.url() !== address) await page.waitForEvent('framenavigated');
      if (expected === 'Live')
        await page.frameLocator('iframe').locator(field('health-state'), { hasText: 'Live' }).waitFor();
      else expect(errors.join()).toContain(`frame-ancestors ${embedder}`);
    });
  });

  describeWith(nginx)('nginx with a wrong setting', () => {
    const upgradeLines: [string, string][] = [
      ['        proxy_set_header Upgrade $http_upgrade;\n', ''],
      ['        proxy_set_header Connection $connection_upgrade;\n', ''],
    ];
    const hostLine: [string, string] = ['        proxy_set_header Host $http_host;\n', ''];
    it.each<[string, { changes: [string, string][]; shown: string; logged: string }]>([
      [
        'that does not forward Upgrade',
        {
          changes: upgradeLines,
          shown: 'no live connection opens. A proxy in front has to forward Upgrade and Connection',
          logged: 'got HTTP/1.1 without Upgrade; a proxy in front has to use HTTP/1.1 and forward Upgrade',
        },
      ],
      [
        'that uses HTTP/1.0',
        {
          changes: [['proxy_http_version 1.1', 'proxy_http_version 1.0'], ...upgradeLines],
          shown:
            'expected HTTP/1.1, which WebSockets need, got HTTP/1.0; a proxy in front has to use HTTP/1.1',
          logged:
            'expected HTTP/1.1, which WebSockets need, got HTTP/1.0; a proxy in front has to use HTTP/1.1',
        },
      ],
      [
        'that does not forward Host',
        {
          changes: [hostLine],
          shown: 'a proxy in front has to forward Host',
          logged: 'a proxy in front has to forward Host',
        },
      ],
      [
        'whose location does not end with a slash',
        {
          changes: [['location /monitor/', 'location /monitor']],
          shown: 'a proxy in front has to forward one slash less: with nginx, end location with a slash',
          logged: 'a proxy in front has to forward one slash less: with nginx, end location with a slash',
        },
      ],
      [
        'that answers instead of the gateway',
        {
          changes: [
            [
              '    location /monitor/ {',
              '    location /monitor/live { return 403; }\n    location /monitor/ {',
            ],
          ],
          shown: 'A proxy in front of the gateway responds with status 403.',
          logged: '',
        },
      ],
    ])('%s makes page and log contain what to set', async (_which, { changes, shown, logged }) => {
      const origin = await startProxy(withNginx, replaced(nginxBelowPath, changes), monitor);
      const page = await monitor.visit('', { at: `${origin}/monitor/`, ignoreHTTPSErrors: true });
      await shows(page, '#banner', shown);
      if (logged !== '') await waitForWarning(monitor, logged);
    });

    it('whose proxy_pass does not end with a slash answers and logs what to set', async () => {
      const changes: [string, string][] = [['http://127.0.0.1:5000/;', 'http://127.0.0.1:5000;']];
      const origin = await startProxy(withNginx, replaced(nginxBelowPath, changes), monitor);
      const page = await monitor.visit('', { at: `${origin}/monitor/`, ignoreHTTPSErrors: true });
      const advice =
        'nothing is at /monitor/; a proxy in front has to remove /monitor from the path (docs/proxy.md)';
      await shows(page, 'body', advice);
      await waitForWarning(monitor, advice);
    });

    it('that serves the page without its last slash makes the page show that its files did not load', async () => {
      const changes: [string, string][] = [['location /monitor/', 'location /monitor']];
      const origin = await startProxy(withNginx, replaced(nginxBelowPath, changes), monitor);
      const page = await monitor.visit('', { at: `${origin}/monitor`, ignoreHTTPSErrors: true });
      await shows(page, '.unloaded', 'its address must end with a slash');
    });
  });

  describeWith(caddy)('Caddy with a wrong setting', () => {
    it('that does not remove the path answers and logs what to set', async () => {
      const origin = await startProxy(
        withCaddy,
        replaced(caddyBelowPath, [['handle_path', 'handle']]),
        monitor,
      );
      const page = await monitor.visit('', { at: `${origin}/monitor/`, ignoreHTTPSErrors: true });
      const advice =
        'nothing is at /monitor/; a proxy in front has to remove /monitor from the path (docs/proxy.md)';
      await shows(page, 'body', advice);
      await waitForWarning(monitor, advice);
    });

    it('that replaces Host makes page and log contain what to set', async () => {
      const header = 'header_up X-Forwarded-Prefix /monitor';
      const configuration = replaced(caddyBelowPath, [[header, 'header_up Host {upstream_hostport}']]);
      const origin = await startProxy(withCaddy, configuration, monitor);
      const page = await monitor.visit('', { at: `${origin}/monitor/`, ignoreHTTPSErrors: true });
      await shows(page, '#banner', 'a proxy in front has to forward Host');
      await waitForWarning(monitor, 'a proxy in front has to forward Host');
    });
  });
});

describeWith(nginx)('a gateway with its defaults, on loopback', () => {
  const monitor = useMonitor(chromium, ['--log-level', 'info'], browserFlags);
  const trainer = (runId: string) => ({
    runId,
    events: runOf(runId).slice(0, 9),
    commands: ['stop'] as const,
  });
  /** Only `proxy_pass`, as in a first attempt, with the HTTP version that nginx used by default before 1.29.7. */
  const oldDefaults = replaced(nginxAtName.replace(/ {8}proxy_(?!pass)[^\n]*\n/g, ''), [
    ['/ {\n', '/ {\n        proxy_http_version 1.0;\n'],
  ]);

  it('lets nobody behind nginx that uses HTTP/1.0 delete or change runs, or command a trainer (S-8)', async () => {
    const runId = '20261130-140000-mine';
    const publisher = await monitor.publish(trainer(runId));
    const origin = await startProxy(withNginx, oldDefaults, monitor);
    const change = { method: 'PATCH', headers: { 'content-type': 'application/json' } };
    for (const options of [{ method: 'DELETE' }, change]) {
      const { head, body } = await ask(`${origin}/api/runs/${runId}`, options);
      expect(head.statusCode).toBe(403);
      expect(JSON.parse(body)).toMatchObject({
        code: 'command.off',
        detail: expect.stringMatching(/came through a proxy \(HTTP\/1\.0\).*set --command-token/),
      });
    }
    const socket = new (trustingSocket())(`${origin.replace('https', 'wss')}/live`);
    const [, response] = await once(
      socket.on('error', () => {}),
      'unexpected-response',
    );
    expect(response.statusCode).toBe(400);
    socket.terminate();
    expect((await ask(`${origin}/api/runs/${runId}`)).head.statusCode).toBe(200);
    expect(publisher.commands).toEqual([]);
    expect(warnings(monitor)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/through a proxy are off: .*\(HTTP\/1\.0\).*--command-token/),
      ]),
    );
  });

  it('lets nobody behind nginx that forwards WebSockets command a trainer (S-8)', async () => {
    const runId = '20261130-150000-mine';
    const publisher = await monitor.publish(trainer(runId));
    const configuration = replaced(nginxBelowPath, [['        proxy_set_header Host $http_host;\n', '']]);
    const origin = await startProxy(withNginx, configuration, monitor);
    const { feed, hello } = await follow(`${origin}/monitor`, { run: runId });
    expect(hello).toMatchObject({
      commands: 'off',
      commandsOffReason: expect.stringMatching(/came through a proxy \(x-forwarded-/),
    });
    expect(await feed.command('stop', undefined)).toMatchObject({ ok: false, code: 'command.off' });
    expect(publisher.commands).toEqual([]);
  });

  it('makes page and log contain that --bind has to name the proxy', async () => {
    const origin = await startProxy(withNginx, nginxBelowPath, monitor);
    const page = await monitor.visit('', { at: `${origin}/monitor/`, ignoreHTTPSErrors: true });
    const advice = 'or name the address of a proxy with --bind (docs/proxy.md)';
    await shows(page, 'body', advice);
    await waitForWarning(monitor, advice);
  });
});
