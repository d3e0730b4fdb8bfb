import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

const undos: (() => unknown)[] = [];

/** Does this after the test, in reverse order. */
export function afterTest(undo: () => unknown): void {
  undos.push(undo);
}

afterEach(async () => {
  for (let undo = undos.pop(); undo; undo = undos.pop()) await undo();
});

/** A folder of the test's own. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
