import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { expect, test } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { startGateway } from './support/gateway.ts';
import { publish } from './support/publisher.ts';

// From dist/test of this package.
const folder = new URL('../../../../examples/prometheus/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

interface Panel {
  id: number;
  type: string;
  title: string;
  targets?: { expr: string }[];
}

const { panels } = JSON.parse(read('grafana/gateway.json')) as { panels: Panel[] };
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** Names of metrics in an expression: what is followed by labels. */
const namesIn = (expression: string): string[] =>
  [...expression.matchAll(/([a-z0-9_:]+)\{/g)].map(([, name]) => name!);

/** Each metric that a gateway exports, as it is asked for: of a histogram its three parts. */
function exported(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name!],
  );
}

/** Labels of each exported metric, by its name. */
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
  const there = [...exported(text), 'up'];
  const asked = expressions.flatMap(namesIn);
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.filter((name) => !there.includes(name))).toEqual([]);
  const families = [...text.matchAll(/^# TYPE (monitor_\S+)/gm)].map(([, name]) => name!);
  expect(families.filter((family) => !asked.some((name) => name.startsWith(family)))).toEqual([]);
});

test('the Grafana dashboard groups by labels that the metrics have', async () => {
  const gateway = await startGateway();
  await publish(gateway.ingestUrl, sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 2 }));
  const labels = labelsOf(await (await fetch(`${gateway.url}/metrics`)).text());
  let compared = 0;
  for (const expression of expressions) {
    const grouped = /by \(([^)]*)\)/.exec(expression)?.[1]?.split(', ') ?? [];
    for (const name of namesIn(expression)) {
      // Counters of what has not happened yet have no samples to compare with.
      const had = labels.get(name);
      if (!had || had.size === 0) continue;
      expect([...had]).toEqual(expect.arrayContaining(grouped));
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(8);
});

test('the panels of the Grafana dashboard have unique ids and titles, and a query each', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const { type, title, targets } of panels) {
    expect(title).not.toBe('');
    if (type !== 'row') expect(targets?.length).toBeGreaterThan(0);
  }
});

test('a gateway on loopback answers Prometheus in a container as prometheus.yml is configured, and not otherwise', async () => {
  const { url } = await startGateway({ host: '127.0.0.1' });
  const config = read('prometheus.yml');
  const [, proxy] = /proxy_url: http:\/\/(\S+)/.exec(config) ?? [];
  const [, target] = /targets: \[(\S+)\]/.exec(config) ?? [];
  const { hostname, port } = new URL(url);
  /** Status of a request to the gateway in which this address is asked for, in the form that a proxy is asked. */
  const statusOf = (asked: string | undefined): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { hostname, port, path: `http://${asked}/metrics`, headers: { host: asked } };
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
