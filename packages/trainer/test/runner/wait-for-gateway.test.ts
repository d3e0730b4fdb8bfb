import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Program } from '../support/processes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Node says no 'close' of one that was disconnected. */
async function exitOf({ child }: Program): Promise<number | null> {
  const [code] = await once(child, 'exit');
  return code;
}

describe('a trainer that is held', () => {
  const folder = temporaryFolder();
  const start = (...args: string[]): Program =>
    Program.trainer(
      ['--engine', 'wasm', '--train-size', '64', '--test-size', '40', '--batch-size', '16', '--epochs', '1']
        .concat(['--once', '--runs', folder.path])
        .concat(args),
      { MONITOR_HOLD: 'true' },
    );
  const hold = async (...args: string[]): Promise<Program> => {
    const held = start(...args);
    expect(await held.message()).toEqual({ type: 'held' });
    return held;
  };

  test('begins no run before it is told to, and then publishes to the gateway that it is told', async () => {
    const held = await hold();
    await wait(1_000);
    expect(readdirSync(folder.path)).toEqual([]);
    held.child.send({ type: 'begin', gateway: 'ws://127.0.0.1:9/ingest' });
    await held.printed('Run completed');
    expect(await held.ended()).toBe(0);
    expect(held.stdout).toContain('The gateway at ws://127.0.0.1:9/ingest did not accept');
  }, 60_000);

  test('says what is wrong with its data only when it is told to begin', async () => {
    const held = await hold('--data', 'nowhere');
    await wait(1_000);
    expect(held.stderr).toBe('');
    held.child.send({ type: 'begin', gateway: 'ws://127.0.0.1:9/ingest' });
    expect(await held.ended()).toBe(2);
    expect(held.stderr).toMatch(/^--data: expected a folder with IDX files, found nothing at .*\n$/);
  }, 60_000);

  test('ends without a trace when it is to end before', async () => {
    const held = await hold();
    held.child.kill('SIGTERM');
    expect(await held.ended()).toBe(143);
    expect(readdirSync(folder.path)).toEqual([]);
    expect(held.stdout + held.stderr).toBe('');
  }, 60_000);

  test('ends with whoever started it', async () => {
    const held = await hold();
    held.child.disconnect();
    expect(await exitOf(held)).toBe(1);
  }, 60_000);

  test('ends with whoever started it and went while it was loading', async () => {
    const held = start();
    held.child.disconnect();
    expect(await exitOf(held)).toBe(1);
  }, 60_000);
});
