import { EventEmitter, once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { readConfig } from '../../src/config.ts';
import type { RunResources } from '../../src/runner/run-resources.ts';
import { type ParentChannel, waitForGateway } from '../../src/runner/wait-for-gateway.ts';
import { Program } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const gateway = 'ws://127.0.0.1:9/ingest';

describe('waitForGateway', () => {
  let parent: EventEmitter & ParentChannel;
  let sent: unknown[];
  let stop: AbortController;
  let settled: boolean;
  beforeEach(() => {
    sent = [];
    stop = new AbortController();
    settled = false;
    const send = (message: unknown): boolean => sent.push(message) > 0;
    parent = Object.assign(new EventEmitter(), { send }) as unknown as typeof parent;
  });
  const start = (args: string[], acquire: RunResources['acquire']) => {
    const config = readConfig(args, {});
    const waiting = waitForGateway({ config, resources: { acquire }, signal: stop.signal, parent });
    void waiting.finally(() => {
      settled = true;
    });
    return { config, waiting };
  };

  test('loads dataset and engine, but does not resolve before the begin message', async () => {
    const loaded: string[] = [];
    const { config, waiting } = start(['--engine', 'wasm'], async ({ engine }) => {
      loaded.push(engine);
      return [] as never;
    });
    await nextTurn();
    expect([sent, loaded, settled]).toEqual([[{ type: 'waitingForGateway' }], ['wasm'], false]);
    parent.emit('message', { type: 'begin', gateway });
    expect(await waiting).toEqual({ ...config, gatewayUrl: gateway });
    expect(parent.listenerCount('message')).toBe(0);
  });

  test('ignores a loading error, which the preparation of the run reports', async () => {
    const { waiting } = start([], () => Promise.reject(new Error('no such folder')));
    await nextTurn();
    expect(settled).toBe(false);
    parent.emit('message', { type: 'begin', gateway });
    expect(await waiting).toMatchObject({ gatewayUrl: gateway });
  });

  test('loads nothing for a run that is resumed or started later', async () => {
    for (const flag of ['--resume', '--wait']) {
      const { waiting } = start([flag], () => Promise.reject(new Error('expected no load')));
      parent.emit('message', { type: 'begin', gateway });
      await waiting;
    }
  });

  test('resolves with undefined when it is aborted, before the wait or during it', async () => {
    const acquire = async () => [] as never;
    const { waiting } = start([], acquire);
    stop.abort();
    expect(await waiting).toBeUndefined();
    expect(await start([], acquire).waiting).toBeUndefined();
  });
});

describe('a trainer that npm start has started', () => {
  const folder = temporaryFolder();
  const start = (...args: string[]): Program =>
    Program.trainer(
      [
        ...[
          '--engine',
          'wasm',
          '--threads',
          '1',
          '--train-size',
          '8',
          '--test-size',
          '8',
          '--batch-size',
          '4',
        ],
        ...['--epochs', '1', '--once', '--runs', folder.path, ...args],
      ],
      { MONITOR_AWAIT_GATEWAY: 'true' },
    );
  const startWaiting = async (...args: string[]): Promise<Program> => {
    const trainer = start(...args);
    expect(await trainer.message()).toEqual({ type: 'waitingForGateway' });
    return trainer;
  };
  /** Node emits no `close` for a child whose channel was disconnected. */
  const exitCode = async ({ child }: Program): Promise<number | null> => (await once(child, 'exit'))[0];

  test('trains after the begin message and publishes to its gateway', async () => {
    const trainer = await startWaiting();
    trainer.child.send({ type: 'begin', gateway });
    expect(await trainer.ended()).toBe(0);
    expect(trainer.stdout).toContain('Run completed');
    // A run shorter than the 2 s after which an unreachable gateway is reported states the reason here.
    expect(trainer.stdout).toMatch(/The gateway( at \S+)? did not accept \d+ events/);
    expect(trainer.stdout.match(/nothing listens at/g)).toHaveLength(1);
  }, 60_000);

  test('reports a loading error after the begin message', async () => {
    const trainer = await startWaiting('--data', 'nowhere');
    trainer.child.send({ type: 'begin', gateway });
    expect(await trainer.ended()).toBe(2);
    expect(trainer.stderr).toMatch(/^--data: expected a folder with IDX files, found nothing at .*\n$/);
  }, 60_000);

  test('ends without output or files when it is stopped before the begin message', async () => {
    const trainer = await startWaiting();
    trainer.child.kill('SIGTERM');
    expect(await trainer.ended()).toBe(143);
    expect(readdirSync(folder.path)).toEqual([]);
    expect(trainer.stdout + trainer.stderr).toBe('');
  }, 60_000);

  test('ends with its parent process, also while it loads', async () => {
    const waiting = await startWaiting();
    waiting.child.disconnect();
    const loading = start();
    loading.child.disconnect();
    expect(await Promise.all([waiting, loading].map(exitCode))).toEqual([1, 1]);
  }, 60_000);
});
