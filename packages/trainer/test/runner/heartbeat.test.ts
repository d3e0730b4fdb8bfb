import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { startHeartbeat } from '../../src/runner/heartbeat.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('the heartbeat', () => {
  const folder = temporaryFolder();

  test('touches its file at once and again and again, until it is ended', async () => {
    const file = join(folder.path, 'heartbeat');
    const end = startHeartbeat(file, 5);
    expect(existsSync(file)).toBe(true);
    rmSync(file);
    while (!existsSync(file)) await wait(5);
    end();
    rmSync(file);
    await wait(50);
    expect(existsSync(file)).toBe(false);
  });

  test('waits for a file that cannot be written yet', async () => {
    const later = join(folder.path, 'later');
    const end = startHeartbeat(join(later, 'heartbeat'), 5);
    mkdirSync(later);
    while (!existsSync(join(later, 'heartbeat'))) await wait(5);
    end();
  });
});
