import { closeSync, fsyncSync, openSync } from 'node:fs';
import Database from 'libsql';
import { ensureIntact } from './sqlite-file.ts';

/**
 * Writes a copy of what an open database has committed into a file that is not there yet, packed and on disk, and
 * looks through it. Others may go on writing meanwhile.
 */
export function copyDatabase(database: Database.Database, to: string): void {
  database.prepare('VACUUM INTO ?').run(to);
  const file = openSync(to, 'r+');
  fsyncSync(file);
  closeSync(file);
  const copy = new Database(to);
  try {
    ensureIntact(copy, 'integrity_check');
  } finally {
    copy.close();
  }
}
