import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { WebSocketServer } from 'ws';
import { readConfig } from '../../src/config.ts';
import { RunResources } from '../../src/runner/run-resources.ts';
import { Trainer } from '../../src/runner/trainer.ts';
import { engines } from '../support/engines.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('Trainer', () => {
  const folder = temporaryFolder();

  test('leaves no tensors behind when it trains several runs on different engines', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const sizes = '--train-size 8 --test-size 20 --batch-size 4 --epochs 1 --threads 1 --engine wasm'.split(
      ' ',
    );
    const gateway = `ws://127.0.0.1:${port}/ingest`;
    const config = readConfig([...sizes, '--runs', folder.path, '--gateway', gateway], {});
    const counts: number[] = [];
    const ids = new Set<string>();
    const end = new AbortController();
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'hello') socket.send(JSON.stringify({ type: 'resume', after: 0 }));
        else if (message.type === 'wait') {
          counts.push(tf.memory().numTensors);
          socket.send(JSON.stringify({ type: 'waiting' }));
          const engine = engines[counts.length % engines.length]?.[0];
          const start = {
            type: 'command',
            id: `command-${counts.length}`,
            command: 'start',
            data: { engine },
          };
          if (counts.length > 3) end.abort({ status: 'interrupted', reason: 'enough' });
          else socket.send(JSON.stringify(start));
        } else if (message.type === 'commandResult') ids.add(message.runId);
        else socket.send(JSON.stringify({ type: 'ack', seq: message.seq }));
      });
    });
    const status = await new Trainer({
      resources: new RunResources(),
      ...{ config, signal: end.signal },
      output: { write: () => {} },
      onWaiting: () => {},
    }).run();
    server.close();
    expect(status).toBe('completed');
    expect(ids.size).toBe(3);
    expect(counts).toEqual(Array(4).fill(counts[0]));
  }, 120_000);

  test('begins each queued start, and reports one that cannot begin', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const sizes = '--train-size 8 --test-size 20 --batch-size 4 --epochs 1 --threads 1 --engine wasm'.split(
      ' ',
    );
    const gateway = `ws://127.0.0.1:${port}/ingest`;
    const config = readConfig(
      [...sizes, '--name', 'first', '--tag', 'all', '--runs', folder.path, '--gateway', gateway],
      {},
    );
    const started: { name: string }[] = [];
    const answers: { ok: boolean }[] = [];
    let printed = '';
    const end = new AbortController();
    const enqueue = (name: string, data: object = {}) =>
      JSON.stringify({ type: 'command', id: `command-${name}`, command: 'enqueue', data: { name, ...data } });
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'hello') {
          socket.send(JSON.stringify({ type: 'resume', after: 0 }));
          if (started.length > 0) return;
          // One of them has more images than there are.
          socket.send(enqueue('second'));
          socket.send(enqueue('large', { trainSize: 60_001 }));
          socket.send(enqueue('third', { tags: ['own'] }));
        } else if (message.type === 'wait') {
          socket.send(JSON.stringify({ type: 'waiting' }));
          if (started.length < 4) socket.send(enqueue('fourth'));
          else end.abort({ status: 'interrupted', reason: 'enough' });
        } else if (message.type === 'commandResult') answers.push(message);
        else {
          if (message.type === 'run.started') started.push(message.data);
          socket.send(JSON.stringify({ type: 'ack', seq: message.seq }));
        }
      });
    });
    await new Trainer({
      resources: new RunResources(),
      ...{ config, signal: end.signal },
      output: { write: (text) => (printed += text) },
      onWaiting: () => {},
    }).run();
    server.close();
    // Each run has a connection of its own, so the first events of short runs may arrive in another order.
    const byName = started.toSorted((a, b) => a.name.localeCompare(b.name));
    expect(byName).toMatchObject([
      { name: 'first', tags: ['all'] },
      { name: 'fourth', tags: ['all'] },
      { name: 'second', tags: ['all'] },
      { name: 'third', tags: ['own'] },
    ]);
    expect(answers.map(({ ok }) => ok)).not.toContain(false);
    expect(printed).toContain(
      'The queued start command-large cannot begin: --train-size: expected at most 60000, the images in the dataset, got 60001\n',
    );
  }, 120_000);
});
