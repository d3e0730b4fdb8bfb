import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterTest } from './cleanup.ts';

/** Returns whether this user may mount file systems, as root may. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-'));
  try {
    mount(folder, '1m');
    execFileSync('umount', ['-l', folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Mounts a disk in memory of a size such as `24m`, and returns its folder. Unmounts the disk after the test. */
export function smallDisk(size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'monitor-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  mount(folder, size);
  afterTest(() => execFileSync('umount', ['-l', folder]));
  return folder;
}

const mount = (folder: string, size: string): Buffer =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' });
