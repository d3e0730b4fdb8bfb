import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  decode,
  type EventOf,
  eventPageSchema,
  type MonitorEvent,
  type RunSnapshots,
} from '@mnist-monitor/shared';
import { parameterSpecs } from '../src/network/architecture.ts';
import { engines } from './support/engines.ts';
import { Program } from './support/processes.ts';
import { readSnapshot } from './support/snapshot.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { Viewer } from './support/viewer.ts';

const engine = engines.at(-1)?.[0] as string;
/** Number of steps of a run, which takes about a second on any engine. */
const steps = 48;
const sizes = [
  ...['--engine', engine, '--threads', '1', '--epochs', '1'],
  ...['--train-size', String(4 * steps), '--test-size', '100', '--batch-size', '4'],
];

interface Listening {
  url: string;
  ingestUrl: string;
}

async function storedEvents(url: string, runId: string): Promise<MonitorEvent[]> {
  const events: MonitorEvent[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const response: Response = await fetch(`${url}/api/runs/${runId}/events?after=${after}&limit=500`);
    const page = decode(eventPageSchema, await response.text());
    if (!page.ok) throw new Error('expected a page of events');
    events.push(...page.value.events);
    after = page.value.events.length === 0 ? null : page.value.nextAfter;
  }
  return events;
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1);

describe('trainer, gateway and viewers together', () => {
  const folder = temporaryFolder();
  let gateway: Program;
  let listening: Listening;
  let viewers: Viewer[] = [];

  const startGateway = async (ports: string[]): Promise<void> => {
    gateway = Program.gateway(['--runs', folder.path, ...ports]);
    listening = await gateway.message<Listening>();
  };
  const startTrainer = (...args: string[]): Program => {
    const own = ['--once', '--runs', folder.path, '--gateway', listening.ingestUrl, '--report-interval', '0'];
    return Program.trainer([...own, ...sizes, ...args]);
  };

  beforeEach(() => startGateway(['--port', '0', '--ingest-port', '0']));
  afterEach(() => {
    for (const viewer of viewers) viewer.close();
    viewers = [];
  });

  test('a viewer from the start and one that connects later receive the same complete run', async () => {
    const early = new Viewer(listening.url);
    viewers = [early];
    const trainer = startTrainer('--run-id', 'run');
    await early.until(() => early.batches.length >= 10);
    const late = new Viewer(listening.url);
    viewers.push(late);
    expect(await trainer.ended()).toBe(0);
    await early.until(() => early.last?.type === 'run.finished');
    await late.until(() => late.last?.type === 'run.finished');

    const stored = await storedEvents(listening.url, 'run');
    expect(stored.filter(({ type }) => type === 'batch')).toHaveLength(steps);
    expect(stored.map(({ seq }) => seq)).toEqual(upTo(stored.length));
    expect(early.seqs).toEqual(upTo(stored.length));
    expect(late.seqs).toEqual(early.seqs);
  }, 60_000);

  test('a gateway with another folder of runs gets the test images and the snapshots', async () => {
    const trainer = startTrainer('--run-id', 'run', '--runs', `${folder.path}/elsewhere`);
    expect(await trainer.ended()).toBe(0);
    expect(trainer.stdout).not.toContain('did not accept');
    const stored = await storedEvents(listening.url, 'run');
    const named = stored.flatMap(({ type, data }) => (type === 'snapshot' ? [data.digest] : []));
    expect(named.length).toBeGreaterThan(1); // After the first step, and at the end of the epoch.
    const address = `${listening.url}/api/runs/run`;
    const list = (await (await fetch(`${address}/snapshots`)).json()) as RunSnapshots;
    expect(list.snapshots.map(({ digest }) => digest)).toEqual(named);
    const last = await fetch(`${address}/snapshots/${named.at(-1)}`);
    const weights = readSnapshot(Buffer.from(await last.arrayBuffer()));
    expect(weights.map(({ name }) => name)).toEqual(parameterSpecs().map(({ name }) => name));
    const [started] = stored;
    const { digest, count } = (started as EventOf<'run.started'>).data.dataset!.testImages!;
    const images = await fetch(`${address}/test-images/${digest}`, { headers: { range: 'bytes=78400-' } });
    const labels = new Uint8Array(await images.arrayBuffer());
    expect([images.status, count, labels.length]).toEqual([206, 100, 100]);
    expect(Math.max(...labels)).toBe(9);
  }, 60_000);

  test('a run that does not look inside has the same losses, and sends nothing about the network', async () => {
    for (const inside of ['on', 'off'])
      expect(await startTrainer('--run-id', inside, '--inside', inside).ended()).toBe(0);
    const [on, off] = [await storedEvents(listening.url, 'on'), await storedEvents(listening.url, 'off')];
    const losses = (events: MonitorEvent[]) =>
      events.flatMap(({ type, data }) => (type === 'batch' ? [data.loss] : []));
    const ofInside = (events: MonitorEvent[]) =>
      new Set(events.map(({ type }) => type).filter((type) => /^(layers|probe|snapshot)$/.test(type)));
    expect(losses(off)).toEqual(losses(on));
    expect([ofInside(on).size, ofInside(off).size]).toEqual([3, 0]);
    expect((off[0] as EventOf<'run.started'>).data.dataset!.testImages).toBeUndefined();
  }, 60_000);

  test('a gateway that is killed during the run and restarted stores each event once (P-19)', async () => {
    const ports = ['--port', new URL(listening.url).port, '--ingest-port', new URL(listening.ingestUrl).port];
    const viewer = new Viewer(listening.url);
    viewers = [viewer];
    const trainer = startTrainer('--run-id', 'run');
    await viewer.until(() => viewer.batches.length >= 5);
    await gateway.kill('SIGKILL');
    await trainer.printedAgain('images/s', 5); // Training continues without the gateway.
    await startGateway(ports);
    expect(await trainer.ended()).toBe(0);
    await viewer.until(() => viewer.last?.type === 'run.finished');

    const stored = await storedEvents(listening.url, 'run');
    expect(stored.filter(({ type }) => type === 'batch')).toHaveLength(steps);
    expect(stored.map(({ seq }) => seq)).toEqual(upTo(stored.length));
    expect(viewer.seqs).toEqual(upTo(stored.length));
    expect(trainer.stdout).not.toContain('did not accept');
  }, 60_000);

  test('a second trainer with the same run id exits with one line and code 2, and the first continues (P-26)', async () => {
    const first = startTrainer('--run-id', 'run', '--epochs', '100');
    await first.printed('images/s');
    const second = startTrainer('--run-id', 'run', '--runs', `${folder.path}/elsewhere`);
    expect(await second.ended()).toBe(2);
    expect(second.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^--run-id: expected an id that no other trainer uses, but the gateway .* has a trainer for run connected$/,
      ),
    ]);
    const viewer = new Viewer(listening.url);
    viewers = [viewer];
    await viewer.until(() => viewer.batches.length > 0);
    const steps = viewer.batches.length;
    await viewer.until(() => viewer.batches.length > steps);
    first.child.kill('SIGTERM');
    expect(await first.ended()).toBe(143);
    const stored = await storedEvents(listening.url, 'run');
    expect(stored.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'interrupted' } });
  }, 60_000);

  test('a new run with the id of a stored run trains to its end without the gateway, reports that once, and leaves the stored run unchanged', async () => {
    expect(await startTrainer('--run-id', 'run').ended()).toBe(0);
    const stored = await storedEvents(listening.url, 'run');
    const second = startTrainer('--run-id', 'run', '--runs', `${folder.path}/elsewhere`);
    expect(await second.ended()).toBe(0);
    expect(second.stdout.split('\n').filter((line) => line.includes('refuses this run'))).toEqual([
      `The gateway refuses this run (runExists: it has ${stored.length} events of run run, this trainer only 0); training continues without it.`,
    ]);
    expect(await storedEvents(listening.url, 'run')).toEqual(stored);
  }, 60_000);
});
