import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { endPrograms } from './processes.ts';

/**
 * Gives each test of the file a folder of its own, and ends its programs before the folder goes; call it where the hooks
 * may stand.
 */
export function temporaryFolder(): { readonly path: string } {
  const folder = { path: '' };
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'mnist-monitor-'));
  });
  afterEach(async () => {
    await endPrograms();
    // What a killed program has started itself may write there for another moment.
    rmSync(folder.path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return folder;
}
