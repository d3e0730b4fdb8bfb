import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

const undos: (() => unknown)[] = [];

/** Calls a function after the test. The function added last is called first. */
export function afterTest(undo: () => unknown): void {
  undos.push(undo);
}

afterEach(async () => {
  for (let undo = undos.pop(); undo; undo = undos.pop()) await undo();
});

/** Creates a folder that is removed after the test, and returns its path. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
