import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { endPrograms } from './processes.ts';

/**
 * Creates a folder for each test. After the test, the programs that it started are killed and the folder is removed. Registers
 * jest hooks, so call it in a `describe` block or at the top level of a file.
 */
export function temporaryFolder(): { readonly path: string } {
  const folder = { path: '' };
  beforeEach(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'mnist-monitor-'));
  });
  afterEach(async () => {
    await endPrograms();
    // Child processes of a killed program may write into the folder for another moment.
    rmSync(folder.path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return folder;
}
