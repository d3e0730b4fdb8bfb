// Runs the thread that writes the database, with commits that wait for the test: see `openStallableStore`.
import { workerData } from 'node:worker_threads';
import Database from 'libsql';
import { commands, type StallData } from './stall-commands.ts';

const { state }: StallData = workerData;
const { exec } = Database.prototype;

Database.prototype.exec = function (this: Database.Database, sql: string) {
  if (sql === 'COMMIT') {
    Atomics.add(state, 1, 1);
    Atomics.wait(state, 0, commands.hold);
    if (Atomics.load(state, 0) === commands.exit) process.exit(7);
  }
  return exec.call(this, sql);
};

await import('../../src/store/sqlite-writer-thread.ts');
