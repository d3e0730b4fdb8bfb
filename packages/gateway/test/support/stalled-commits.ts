// Loaded into the gateway's program by `--import`, on each of its threads: commits wait while a named pipe exists.
import { existsSync, readFileSync } from 'node:fs';
import Database from 'libsql';

const pipe = process.env.STALLED_COMMITS_PIPE!;
const { exec } = Database.prototype;

Database.prototype.exec = function (this: Database.Database, sql: string) {
  // Reading a pipe without a writer blocks the thread in a system call, as a disk that does not respond does.
  if (sql === 'COMMIT' && existsSync(pipe)) readFileSync(pipe);
  return exec.call(this, sql);
};
