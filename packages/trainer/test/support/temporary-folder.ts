import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { endPrograms } from './processes.ts';

/**
 * Creates a folder for each test of the file. After the test its programs are killed and the folder is removed. To be called
 * where hooks can be registered.
 */
export function temporaryFolder(): { readonly path: string } {
  const folder = { path: '' };
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'mnist-monitor-'));
  });
  afterEach(async () => {
    await endPrograms();
    // Processes that a killed program has started may still write there for a moment.
    rmSync(folder.path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return folder;
}
