import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startHeartbeat } from '../../src/runner/heartbeat.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('startHeartbeat', () => {
  const folder = temporaryFolder();
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('touches its file immediately and then at an interval, until it is stopped', () => {
    const file = join(folder.path, 'heartbeat');
    const stop = startHeartbeat(file, 5);
    expect(existsSync(file)).toBe(true);
    rmSync(file);
    jest.advanceTimersByTime(5);
    expect(existsSync(file)).toBe(true);
    stop();
    rmSync(file);
    jest.advanceTimersByTime(50);
    expect(existsSync(file)).toBe(false);
  });

  test('continues while the file cannot be written', () => {
    const later = join(folder.path, 'later');
    const stop = startHeartbeat(join(later, 'heartbeat'), 5);
    mkdirSync(later);
    jest.advanceTimersByTime(5);
    expect(existsSync(join(later, 'heartbeat'))).toBe(true);
    stop();
  });
});
