import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { startGateway } from '../../packages/gateway/dist/test/support/gateway.js';
import { MemoryStore } from '../../packages/gateway/dist/test/support/memory-store.js';
import { Program } from './support/program.js';
import { openPublisher, sample } from './support/publish.js';
import { startRelay } from './support/relay.js';
import { go, python } from './support/tools.js';

const stepOf = ({ data }) => `step ${data.step}: loss ${data.loss.toFixed(4)}`;
const stepsOf = (events) => events.filter(({ type }) => type === 'batch').map(stepOf);
const half = sample.findIndex(({ type }) => type === 'epoch');

const consumers = [
  ['node/follow.js', () => [process.execPath, ['node/follow.js']]],
  ['python/follow.py', () => [python, ['python/follow.py']]],
  ['go/main.go', () => [go, []]],
];
const available = consumers.filter(([, command]) => command()[0]);

describe.each(available)('%s', (_name, command) => {
  const follow = (url) => {
    const [program, args] = command();
    return new Program(program, [...args, url], { PYTHONUNBUFFERED: '1' });
  };

  test('prints a run from its first batch to its end, each batch once, across a lost connection', async () => {
    const gateway = await startGateway();
    const relay = await startRelay(gateway.liveUrl);
    const publisher = await openPublisher(gateway.ingestUrl);
    await publisher.publish(sample.slice(0, half));

    const program = follow(relay.url);
    await program.waitForOutput(stepsOf(sample.slice(0, half)).at(-1));
    relay.cut();
    await publisher.publish(sample.slice(half));

    expect(await program.exited).toBe(0);
    expect(program.lines.filter((line) => line.startsWith('step'))).toEqual(stepsOf(sample));
    expect(program.lines.filter((line) => line.startsWith('epoch'))).toHaveLength(2);
    expect(program.lines.at(-1)).toBe('completed: all epochs done');
  });

  test('follows the run that the query of its address names', async () => {
    const gateway = await startGateway();
    const publisher = await openPublisher(gateway.ingestUrl);
    await publisher.publish(sample);
    publisher.close();
    const newer = await openPublisher(gateway.ingestUrl, 'newer');
    await newer.publish(sample.slice(0, 2).map((event) => ({ ...event, runId: 'newer' })));
    const program = follow(`${gateway.liveUrl}?run=example`);
    expect(await program.exited).toBe(0);
    expect(program.lines.filter((line) => line.startsWith('step'))).toEqual(stepsOf(sample));
  });

  test('prints a run again from its first batch after it was deleted and published again, and reports that', async () => {
    const store = new MemoryStore();
    const gateway = await startGateway({ store });
    const relay = await startRelay(gateway.liveUrl);
    const first = await openPublisher(gateway.ingestUrl);
    await first.publish(sample.slice(0, half));
    const program = follow(relay.url);
    await program.waitForOutput(stepsOf(sample.slice(0, half)).at(-1));
    relay.close();
    first.close();
    const isConnected = async () => (await (await fetch(`${gateway.url}/api/runs/example`)).json()).connected;
    while (await isConnected()) await new Promise((resolve) => setTimeout(resolve, 10));
    await store.remove('example');
    await (await openPublisher(gateway.ingestUrl)).publish(sample);
    await relay.open();
    expect(await program.exited).toBe(0);
    expect(program.lines.filter((line) => line.startsWith('step'))).toEqual([
      ...stepsOf(sample.slice(0, half)),
      ...stepsOf(sample),
    ]);
    expect(program.errors).toContain('the run was replaced or has lost events; from the beginning');
  });

  test('follows a run without test results to its end', async () => {
    const gateway = await startGateway();
    const publisher = await openPublisher(gateway.ingestUrl);
    await publisher.publish(
      sample.map((event) =>
        event.type === 'epoch' ? { ...event, data: { ...event.data, test: undefined } } : event,
      ),
    );
    const program = follow(gateway.liveUrl);
    expect(await program.exited).toBe(0);
    expect(program.lines).toContain('epoch 1: test accuracy unknown');
    expect(program.lines.at(-1)).toBe('completed: all epochs done');
  });

  test('waits for a gateway that is not running yet', async () => {
    const gateway = await startGateway();
    const relay = await startRelay(gateway.liveUrl);
    const publisher = await openPublisher(gateway.ingestUrl);
    relay.close();
    const program = follow(relay.url);
    await program.waitForErrors();
    await relay.open();
    await publisher.publish(sample);
    expect(await program.exited).toBe(0);
    expect(program.lines.filter((line) => line.startsWith('step'))).toEqual(stepsOf(sample));
  });

  test('reconnects to a gateway that was full, or to a proxy without a gateway', async () => {
    const gateway = await startGateway();
    const relay = await startRelay(gateway.liveUrl);
    const publisher = await openPublisher(gateway.ingestUrl);
    relay.close();
    const full = createServer((_request, response) => response.writeHead(503).end());
    full.listen(Number(new URL(relay.url).port), '127.0.0.1');
    const program = follow(relay.url);
    await once(full, 'request');
    await program.waitForErrors();
    full.close();
    await once(full, 'close');
    await relay.open();
    await publisher.publish(sample);
    expect(await program.exited).toBe(0);
    expect(program.lines.filter((line) => line.startsWith('step'))).toEqual(stepsOf(sample));
  });
});
