import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun, sampleRunOfVersion2 } from '@mnist-monitor/shared/testing';
import { version } from '../../../src/version.ts';
import { connect } from '../../support/connection.ts';
import { startGateway } from '../../support/gateway.ts';
import { publish } from '../../support/publisher.ts';

type Data<T extends MonitorEvent['type']> = Extract<MonitorEvent, { type: T }>['data'];

/** Reads the metrics of a gateway: the value of each sample by its name and labels. */
async function scrape(url: string): Promise<Record<string, number>> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  const lines = (await response.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1).replace('Inf', 'Infinity'))];
    }),
  );
}

const run = sampleRun({ runId: 'a', epochs: 1, batchesPerEpoch: 5, startedAt: new Date() });

test('the metrics count events, connections, bytes, refusals and durations (P-174, P-228, S-56)', async () => {
  const gateway = await startGateway();
  const viewer = await connect(gateway.liveUrl);
  await viewer.until(({ type }) => type === 'live');
  const publisher = await publish(gateway.ingestUrl, run);
  publisher.connection.send({ ...run[0], seq: run.length + 1, data: {} });
  await publisher.acked(run.length + 1);
  const refused = await connect(gateway.liveUrl);
  refused.socket.send('hello');
  await refused.closed;
  await fetch(`${gateway.url}/nowhere`);

  const metrics = await scrape(gateway.url);
  expect(metrics['monitor_events_total{type="batch"}']).toBe(5);
  expect(metrics['monitor_events_total{type="run.started"}']).toBe(1);
  expect(metrics['monitor_events_rejected_total{code="message.invalid"}']).toBe(1);
  expect(metrics['monitor_connections{endpoint="live"}']).toBe(1);
  expect(metrics['monitor_connections{endpoint="ingest"}']).toBe(1);
  expect(metrics['monitor_connections_closed_total{endpoint="live",name="invalid"}']).toBe(1);
  expect(metrics['monitor_requests_refused_total{code="request.not_found"}']).toBe(1);
  expect(metrics['monitor_unread_bytes{endpoint="live"}']).toBe(0);
  expect(metrics.monitor_event_delay_seconds_count).toBe(run.length + 1);
  expect(metrics['monitor_store_seconds_count{operation="append"}']).toBeGreaterThanOrEqual(1);
  const sent = metrics['monitor_sent_bytes_total{endpoint="live"}'] ?? 0;
  expect(sent).toBeGreaterThan(run.reduce((sum, event) => sum + JSON.stringify(event).length, 0));
  expect(metrics['monitor_received_bytes_total{endpoint="ingest"}']).toBeGreaterThan(1_000);
  expect(metrics).toHaveProperty('nodejs_eventloop_lag_seconds');
});

test('the metrics are those of docs/protocol.md, with their labels (P-227)', async () => {
  const gateway = await startGateway();
  const publisher = await publish(gateway.ingestUrl, run.slice(0, -1));
  publisher.connection.send({ ...run[0], seq: run.length, data: {} });
  await publisher.acked(run.length);
  const refused = await connect(gateway.liveUrl);
  refused.socket.send('hello');
  await refused.closed;
  await fetch(`${gateway.url}/nowhere`);
  const names = Object.keys(await scrape(gateway.url)).filter((name) => !/^(process|nodejs)_/.test(name));
  const withLabels = names.map((name) =>
    name
      .replace(/="[^"]*"/g, '')
      .replace(/_(bucket|sum|count)(?=$|\{)/, '')
      .replace(/\{le\}|le,/, ''),
  );
  const page = readFileSync(new URL('../../../../../../docs/protocol.md', import.meta.url), 'utf8');
  const section = page.split('### Metrics')[1]!.split('\n## ')[0]!;
  const listed = [...section.matchAll(/`(monitor_\w+(?:\{[\w,]+\})?)`/g)].map(([, name]) => name);
  expect([...new Set(withLabels)].sort()).toEqual(listed.sort());
});

test('the delay of events with a clock of 1970 is not recorded (P-231)', async () => {
  const gateway = await startGateway();
  await publish(gateway.ingestUrl, sampleRun({ runId: 'a', startedAt: new Date(0) }).slice(0, 3));
  await publish(gateway.ingestUrl, sampleRun({ runId: 'b', startedAt: new Date() }).slice(0, 2));
  const metrics = await scrape(gateway.url);
  expect(metrics.monitor_event_delay_seconds_count).toBe(2);
  expect(metrics.monitor_event_delay_seconds_sum).toBeLessThan(60);
});

test('the metrics have the last values of each connected run, and no others (P-229)', async () => {
  const gateway = await startGateway();
  const [first, second] = [sampleRun({ runId: 'a' }), sampleRun({ runId: 'b-2' })];
  const publisher = await publish(gateway.ingestUrl, first.slice(0, first.length - 1));
  const batch = second.find(({ type }) => type === 'batch') as Extract<MonitorEvent, { type: 'batch' }>;
  const diverged = { ...batch, seq: 2, data: { ...batch.data, loss: Number.NaN } };
  const other = await publish(gateway.ingestUrl, [second[0]!, diverged]);

  const values = await scrape(gateway.url);
  const last = first.findLast(({ type }) => type === 'batch') as typeof batch;
  const epoch = first.findLast(({ type }) => type === 'epoch') as Extract<MonitorEvent, { type: 'epoch' }>;
  expect(values['monitor_run_step{run="a"}']).toBe(last.data.step);
  expect(values['monitor_run_loss{run="a"}']).toBe(last.data.loss);
  expect(values['monitor_run_accuracy{run="a"}']).toBe(last.data.accuracy);
  expect(values['monitor_run_test_accuracy{run="a"}']).toBe(epoch.data.test?.accuracy);
  expect(values['monitor_run_loss{run="b-2"}']).toBeNaN();
  expect(values).not.toHaveProperty('monitor_run_test_accuracy{run="b-2"}');
  for (const status of ['running', 'stalled', 'paused', 'completed'])
    expect(values[`monitor_run_status{run="a",status="${status}"}`]).toBe(status === 'running' ? 1 : 0);
  expect(Object.keys(values).filter((name) => name.startsWith('monitor_build_info'))).toEqual([
    `monitor_build_info{version="${version}",node="${process.version}"}`,
  ]);

  for (const { connection } of [publisher, other]) {
    connection.socket.close();
    await connection.closed;
  }
  const runMetrics = async () =>
    Object.keys(await scrape(gateway.url)).filter((name) => name.startsWith('monitor_run_'));
  // The gateway notices the closed connections a moment later.
  for (let names = await runMetrics(); names.length > 0; ) names = await runMetrics();
});

test.each([
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
])("the metrics write a loss of %s as %s, as Prometheus's text format asks (P-230)", async (loss, word) => {
  const gateway = await startGateway();
  const [started] = sampleRunOfVersion2('a');
  const batch: MonitorEvent = { ...started!, seq: 2, type: 'batch', data: { step: 1, loss } };
  await publish(gateway.ingestUrl, [started!, batch], 2);
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  expect(text.split('\n')).toContain(`monitor_run_loss{run="a"} ${word}`);
});

test('the metrics have the step and the training results of a run that sends epochs and no batches (P-229)', async () => {
  const gateway = await startGateway();
  const [started] = sampleRunOfVersion2('a');
  const epoch = (seq: number, data: Data<'epoch'>): MonitorEvent => ({
    ...started!,
    seq,
    type: 'epoch',
    data,
  });
  const events = [
    started!,
    epoch(2, { epoch: 1, train: { loss: 2, accuracy: 0.5 } }),
    epoch(3, { epoch: 2, train: { loss: 1, accuracy: 0.75 }, test: { accuracy: 0.7 } }),
  ];
  const { send, acked } = await publish(gateway.ingestUrl, events, 2);
  const values = await scrape(gateway.url);
  const runValue = (name: string) => values[`monitor_run_${name}{run="a"}`];
  expect(['step', 'loss', 'accuracy', 'test_accuracy'].map(runValue)).toEqual([2, 1, 0.75, 0.7]);
  send([
    { ...started!, seq: 4, type: 'metrics', data: { step: 300, metrics: { norm: 1 } } },
    epoch(5, { epoch: 3 }),
    epoch(6, { epoch: 4, step: 400 }),
  ]);
  await acked(6);
  expect((await scrape(gateway.url))['monitor_run_step{run="a"}']).toBe(400);
});
