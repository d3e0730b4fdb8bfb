import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ComposeProject, type Service, upWithThreeGateways } from './support/compose.ts';
import { Viewer } from './support/viewer.ts';

const buildMs = 20 * 60_000;
const runMs = 5 * 60_000;

/** Commands through a proxy need a token. */
const token = 'the token of this test';

/** Settings of a run that is long enough to kill a container during it and that reports every step, so that tests see progress. */
const settings = {
  COMPOSE_PROFILES: 'scale',
  MONITOR_COMMAND_TOKEN: token,
  MONITOR_TRAIN_SIZE: '8192',
  MONITOR_TEST_SIZE: '500',
  MONITOR_BATCH_SIZE: '32',
  MONITOR_EPOCHS: '4',
  MONITOR_REPORT_INTERVAL: '0',
};
const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);

describe('three gateways on one Redis, behind a proxy', () => {
  let project: ComposeProject;
  /** One viewer per gateway: the proxy distributes them. */
  let viewers: Viewer[];

  beforeAll(async () => {
    project = await ComposeProject.up(upWithThreeGateways, settings);
    const isUp = (): Promise<boolean> =>
      fetch(`${project.url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isUp())) await delay(500);
    viewers = Array.from({ length: 3 }, () => new Viewer(project.url));
  }, buildMs);
  afterAll(async () => {
    for (const viewer of viewers ?? []) viewer.close();
    await project.remove();
  }, runMs);

  test('have valid compose files', async () => {
    expect(await project.compose(['config', '--quiet'])).toBe('');
  });

  test('serve the dashboard, and publish nothing else', async () => {
    expect(await (await fetch(project.url)).text()).toContain('MNIST Training Monitor');
    const services: Service[] = ['gateway', 'redis', 'proxy'];
    const ports = await Promise.all(
      services.map(async (service) => Object.entries((await project.inspect(service)).NetworkSettings.Ports)),
    );
    const published = ports.flat().filter(([, bindings]) => bindings !== null);
    const binding = { HostIp: '127.0.0.1', HostPort: String(project.port) };
    expect(published).toEqual([[`${project.port}/tcp`, [binding]]]);
  });

  test(
    'continue a run for all viewers when one gateway is killed',
    async () => {
      for (const viewer of viewers) await viewer.until(() => viewer.batches.length >= 5);
      await project.killOne('gateway', 1);
      expect(viewers[0]?.last?.type).not.toBe('run.finished');
      for (const viewer of viewers) await viewer.until(() => viewer.last?.type === 'run.finished');
      for (const viewer of viewers) {
        expect(viewer.last).toMatchObject({ data: { status: 'completed' } });
        expect(viewer.seqs).toEqual(upTo(viewer.events.length));
        expect(viewer.events).toEqual(viewers[0]?.events);
      }
    },
    runMs,
  );

  test(
    'forward a command to the trainer, even if viewer and trainer are connected to different gateways',
    async () => {
      for (const viewer of viewers) await viewer.until(() => viewer.waitingTrainers === 1);
      const before = viewers[0]?.last?.runId;
      expect(await viewers[1]?.command('start', { epochs: 1 })).toMatchObject({
        code: 'command.unauthorized',
      });
      expect(await viewers[1]?.command('start', { epochs: 1 }, { token })).toMatchObject({ ok: true });
      for (const viewer of viewers)
        await viewer.until(() => viewer.events.length > 3 && viewer.last?.runId !== before);
    },
    runMs,
  );

  test.each(['redis', 'proxy'] as const)('run the %s without privileges', async (service) => {
    const status = await project.shell(service, 'id -u; cat /proc/self/status; touch /usr/x 2>&1; true');
    expect(status).toMatch(/^1000$/m);
    expect(status).toMatch(/^CapEff:\s*0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s*1$/m);
    expect(status).toContain('Read-only file system');
  });

  test('let Redis acknowledge only what is on disk', async () => {
    const config = await project.shell(
      'redis',
      'redis-cli config get appendonly; redis-cli config get appendfsync',
    );
    expect(config.split(/\s+/)).toEqual(['appendonly', 'yes', 'appendfsync', 'always', '']);
  });
});
