import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { startHeartbeat } from '../../src/runner/heartbeat.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('startHeartbeat', () => {
  const folder = temporaryFolder();

  test('touches its file immediately and then at an interval, until it is stopped', async () => {
    const file = join(folder.path, 'heartbeat');
    const stop = startHeartbeat(file, 5);
    expect(existsSync(file)).toBe(true);
    rmSync(file);
    while (!existsSync(file)) await wait(5);
    stop();
    rmSync(file);
    await wait(50);
    expect(existsSync(file)).toBe(false);
  });

  test('continues while the file cannot be written', async () => {
    const later = join(folder.path, 'later');
    const stop = startHeartbeat(join(later, 'heartbeat'), 5);
    mkdirSync(later);
    while (!existsSync(join(later, 'heartbeat'))) await wait(5);
    stop();
  });
});
