import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun, timeFactor } from '@mnist-monitor/shared/testing';
import { afterTest, temporaryFolder } from './support/cleanup.ts';
import { startGateway } from './support/gateway.ts';
import { publish } from './support/publisher.ts';

// From dist/test of this package.
const root = new URL('../../../../', import.meta.url);
const folder = new URL('examples/prometheus/', root);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

/** Returns the configuration of Prometheus in docker-compose.yml for a port of the dashboard. */
function composeConfiguration(port: string | number): string {
  const compose = readFileSync(new URL('docker-compose.yml', root), 'utf8');
  const [, content = ''] = /^ +content: \|\n((?: {6}.*\n)+)/m.exec(compose) ?? [];
  return content.replaceAll(/^ {6}/gm, '').replace(/\$\{MONITOR_PORT:-5000\}/g, String(port));
}

interface Panel {
  id: number;
  type: string;
  title: string;
  targets?: { expr: string }[];
}

const { panels } = JSON.parse(read('grafana/gateway.json')) as { panels: Panel[] };
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Returns the names of the metrics in an expression, each of which is followed by labels. */
const namesIn = (expression: string): string[] =>
  [...expression.matchAll(/([a-z0-9_:]+)\{/g)].map(([, name]) => name!);

/** Returns the names with which the metrics of a gateway can be queried: a histogram has three. */
function queryableNames(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name!],
  );
}

/** Returns the labels of each exported metric, by its name. */
function labelsOf(text: string): Map<string, Set<string>> {
  const labels = new Map<string, Set<string>>();
  for (const [, name, list = ''] of text.matchAll(/^([a-z0-9_]+)(?:\{(.*)\})? /gm))
    labels.set(name!, new Set([...list.matchAll(/(\w+)=/g)].map(([, label]) => label!)));
  return labels;
}

test('the Grafana dashboard shows every metric of the gateway, and no unknown one', async () => {
  const { url } = await startGateway();
  const text = await (await fetch(`${url}/metrics`)).text();
  // Prometheus adds `up` for each target itself.
  const available = [...queryableNames(text), 'up'];
  const queried = expressions.flatMap(namesIn);
  expect(queried.length).toBeGreaterThan(20);
  expect(queried.filter((name) => !available.includes(name))).toEqual([]);
  const families = [...text.matchAll(/^# TYPE (monitor_\S+)/gm)].map(([, name]) => name!);
  expect(families.filter((family) => !queried.some((name) => name.startsWith(family)))).toEqual([]);
});

test('the Grafana dashboard groups by labels that the metrics have', async () => {
  const gateway = await startGateway();
  await publish(gateway.ingestUrl, sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 }));
  const labels = labelsOf(await (await fetch(`${gateway.url}/metrics`)).text());
  let compared = 0;
  for (const expression of expressions) {
    const grouped = /by \(([^)]*)\)/.exec(expression)?.[1]?.split(', ') ?? [];
    for (const name of namesIn(expression)) {
      // A counter of something that has not happened yet has no samples, and so no labels.
      const known = labels.get(name);
      if (!known || known.size === 0) continue;
      expect([...known]).toEqual(expect.arrayContaining(grouped));
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(8);
});

test('the alerts use only metrics and labels that a connected run has', async () => {
  const gateway = await startGateway();
  await publish(gateway.ingestUrl, sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 }));
  const labels = labelsOf(await (await fetch(`${gateway.url}/metrics`)).text());
  const rules = read('rules.yml');
  const used = new Set(rules.match(/monitor_[a-z_]+/g));
  expect([...used].sort()).toEqual(['monitor_run_loss', 'monitor_run_status']);
  for (const name of used) expect([...(labels.get(name) ?? [])]).toContain('run');
  expect([...labels.get('monitor_run_status')!].sort()).toEqual(['run', 'status']);
});

/** Runs promtool, which comes with Prometheus. */
const promtool = (...args: string[]) =>
  spawnSync('promtool', args, { cwd: folder, encoding: 'utf8', timeout: Math.round(20_000 * timeFactor()) });
// CI installs Prometheus, so there a missing promtool is a failure.
const withPromtool = promtool('--version').status === 0 || process.env.CI ? test : test.skip;

withPromtool.each([
  ['the alerts are rules', ['check', 'rules', 'rules.yml'], 'SUCCESS: 3 rules found'],
  ['the alerts fire when they should, and only then', ['test', 'rules', 'rules.test.yml'], 'SUCCESS'],
  ['the configuration is valid', ['check', 'config', 'prometheus.yml'], 'SUCCESS: prometheus.yml is valid'],
])('by promtool: %s', (_what, args, success) => {
  const { status, stdout, stderr } = promtool(...args);
  expect([status, stdout + stderr]).toEqual([0, expect.stringContaining(success)]);
});

test('each alert has a test of when it fires', () => {
  const alerts = [...read('rules.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);
  const tested = new Set(
    [...read('rules.test.yml').matchAll(/alertname: (\w+)\n\s+exp_alerts:\n/g)].map(([, name]) => name!),
  );
  expect(alerts).toHaveLength(3);
  expect([...tested].sort()).toEqual(alerts.sort());
});

withPromtool('by promtool: the metrics have conventional names, except those of prom-client', async () => {
  const gateway = await startGateway();
  const [started, batch, ...others] = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 });
  const diverged = { ...batch, data: { ...batch!.data, loss: Number.NaN } } as MonitorEvent;
  await publish(gateway.ingestUrl, [started!, diverged, ...others]);
  const input = await (await fetch(`${gateway.url}/metrics`)).text();
  const { stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
  expect(error).toBe(undefined);
  const lines = (stdout + stderr).split('\n').filter((line) => line !== '' && !line.startsWith('nodejs_'));
  expect(lines).toEqual([]);
});

test('the panels of the Grafana dashboard have unique ids and titles, and a query each', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { type, title, targets } of panels) {
    expect(title).not.toBe('');
    if (type !== 'row') expect(targets?.length).toBeGreaterThan(0);
  }
});

/** Starts Prometheus with a configuration, and returns its address. It is killed after the test. */
async function startPrometheus(configuration: string): Promise<string> {
  const data = temporaryFolder();
  const file = join(data, 'prometheus.yml');
  writeFileSync(file, configuration);
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${data}`, '--web.listen-address=127.0.0.1:0'];
  const prometheus = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(prometheus, 'exit');
  afterTest(async () => {
    prometheus.kill('SIGKILL');
    await exited;
  });
  let output = '';
  for await (const part of prometheus.stderr.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += part;
    const [, address] = /Listening on".* address=(\S+)/.exec(output) ?? [];
    if (address === undefined || !output.includes('Server is ready')) continue;
    prometheus.stderr.resume();
    return `http://${address}`;
  }
  throw new Error(`expected Prometheus to be ready, but it ended with:\n${output}`);
}

withPromtool(
  'a Prometheus with the configuration of docker-compose.yml scrapes a gateway on loopback, loads the alerts and answers every expression of the dashboard',
  async () => {
    const gateway = await startGateway({ host: '127.0.0.1' });
    await publish(gateway.ingestUrl, sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 }));
    // The gateway is at the address that the name `gateway` has in the network of the containers.
    const configuration = composeConfiguration(new URL(gateway.url).port)
      .replace('//gateway:', '//127.0.0.1:')
      .replace('/etc/prometheus/', fileURLToPath(folder))
      .replace('scrape_interval: 5s', 'scrape_interval: 1s');
    const prometheus = await startPrometheus(configuration);
    /** Returns the data of an answer of the API. */
    const get = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> => {
      const response = await fetch(`${prometheus}/api/v1/${path}?${new URLSearchParams(parameters)}`);
      const { error, data } = (await response.json()) as { error?: string; data: T };
      if (error) throw new Error(`${path} ${JSON.stringify(parameters)}: ${error}`);
      return data;
    };
    const resultsOf = async (query: string) => (await get<{ result: unknown[] }>('query', { query })).result;
    // A rate needs two scrapes.
    while ((await resultsOf('count_over_time(up[1h]) >= 2 and up == 1')).length === 0) await wait(100);

    const { groups } = await get<{ groups: { rules: unknown[] }[] }>('rules');
    expect(groups.map(({ rules }) => rules.length)).toEqual([3]);
    const jobs = await get<string[]>('label/job/values', { 'match[]': 'monitor_connections' });
    expect(jobs).toEqual(['mnist-training-monitor']);
    const values = { job: 'mnist-training-monitor', __rate_interval: '1m', __range: '30m' };
    const empty: string[] = [];
    for (const expression of expressions) {
      const query = expression.replaceAll(/\$(\w+)/g, (_, name: keyof typeof values) => values[name]);
      if ((await resultsOf(query)).length === 0) empty.push(expression);
    }
    // Counters of what has not happened have no samples.
    expect(empty.filter((expression) => !/refused|rejected|closed/.test(expression))).toEqual([]);
  },
);

test('a gateway on loopback answers the requests of Prometheus in a container only as docker-compose.yml configures them', async () => {
  const { url } = await startGateway({ host: '127.0.0.1' });
  const config = composeConfiguration(5000);
  const [, proxy] = /proxy_url: http:\/\/(\S+)/.exec(config) ?? [];
  const [, target] = /targets: \["(\S+)"\]/.exec(config) ?? [];
  const { hostname, port } = new URL(url);
  /** Requests the metrics of a host from the gateway as if it were a proxy, and resolves with the status. */
  const statusOf = (host: string | undefined): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { hostname, port, path: `http://${host}/metrics`, headers: { host } };
      request(options, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  expect(await statusOf(target)).toBe(200);
  expect(await statusOf(proxy)).toBe(403);
});
