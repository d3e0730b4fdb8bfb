import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { WebSocketServer } from 'ws';
import { readConfig } from '../../src/config.ts';
import { RunResources } from '../../src/runner/run-resources.ts';
import { Trainer } from '../../src/runner/trainer.ts';
import { engines } from '../support/engines.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('a trainer on real engines', () => {
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

  test('names a gateway that cannot be reached without the password in its address (S-70)', async () => {
    const flags = ['--wait', '--runs', folder.path, '--gateway', 'ws://ada:secret@127.0.0.1:9/ingest'];
    const end = new AbortController();
    let printed = '';
    await new Trainer({
      resources: new RunResources(),
      ...{ config: readConfig(flags, {}), signal: end.signal },
      output: {
        write(text) {
          printed += text;
          if (text.includes('cannot be reached')) end.abort({ status: 'interrupted', reason: 'enough' });
        },
      },
      onWaiting: () => {},
    }).run();
    expect(printed).toBe(
      'The gateway at ws://127.0.0.1:9/ingest cannot be reached: nothing listens at 127.0.0.1:9. Retrying until it can be reached.\n',
    );
  });

  test('begins queued starts one after the other, and reports one that cannot begin in the next run (P-142)', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    // The first run is too long to end before the commands arrive; they stop it.
    const settings =
      '--train-size 8 --test-size 20 --batch-size 4 --epochs 1000 --threads 1 --engine wasm --name first --tag all';
    const gateway = `ws://127.0.0.1:${port}/ingest`;
    const config = readConfig([...settings.split(' '), '--runs', folder.path, '--gateway', gateway], {});
    const started: { time: string; runId: string; data: object }[] = [];
    const failures: { runId: string; data: object }[] = [];
    const answers: { ok: boolean }[] = [];
    let printed = '';
    const end = new AbortController();
    const command = (id: string, name: string, data?: object) =>
      JSON.stringify({ type: 'command', id: `command-${id}`, command: name, data, by: 'sweep.py' });
    const enqueue = (name: string, data: object = {}) =>
      command(name, 'enqueue', { name, epochs: 1, ...data });
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'hello') {
          socket.send(JSON.stringify({ type: 'resume', after: 0 }));
          if (answers.length > 0) return;
          // One with more images than there are, and one that moves before the others.
          socket.send(enqueue('second'));
          socket.send(enqueue('large', { trainSize: 60_001 }));
          socket.send(enqueue('third', { tags: ['own'] }));
          socket.send(command('move', 'moveQueued', { queuedId: 'command-third', position: 0 }));
          socket.send(command('stop', 'stop'));
        } else if (message.type === 'wait') {
          socket.send(JSON.stringify({ type: 'waiting' }));
          // The trainer may wait again before the first event of the fourth run arrives.
          if (answers.length < 6) socket.send(enqueue('fourth'));
        } else if (message.type === 'commandResult') answers.push(message);
        else {
          if (message.type === 'run.started') started.push(message);
          if (message.data.code === 'queue.failed') failures.push(message);
          if (started.length === 4 && failures.length > 0)
            end.abort({ status: 'interrupted', reason: 'enough' });
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
    // Each run has a connection of its own, so their first events may arrive in another order.
    const inOrder = started.toSorted((a, b) => a.time.localeCompare(b.time)).map(({ data }) => data);
    expect(inOrder).toMatchObject([
      { name: 'first', tags: ['all'] },
      { name: 'third', tags: ['own'] },
      { name: 'second', tags: ['all'] },
      { name: 'fourth', tags: ['all'] },
    ]);
    expect(answers.map(({ ok }) => ok)).toEqual(Array(6).fill(true));
    const message =
      'The queued run “large” cannot begin: --train-size: expected at most 60000, the images in the dataset, got 60001';
    expect(printed).toContain(`${message}\n`);
    // No run was open when it failed, so the next one has the notice, once and after its start.
    expect(failures).toMatchObject([
      { seq: 2, runId: started.find(({ data }) => 'name' in data && data.name === 'fourth')?.runId },
    ]);
    expect(failures[0]?.data).toEqual({
      ...{ level: 'error', code: 'queue.failed', message, step: null, by: 'sweep.py' },
    });
  }, 120_000);
});
