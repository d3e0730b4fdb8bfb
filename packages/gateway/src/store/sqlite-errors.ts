import { type ErrorCode, MonitorError } from '@mnist-monitor/shared';
import Database from 'libsql';

/** By the beginning of SQLite's result code (https://sqlite.org/rescode.html). */
const storeErrors: readonly [start: string, code: ErrorCode, problem: string][] = [
  ['SQLITE_FULL', 'store.full', 'no space is left for'],
  ['SQLITE_READONLY', 'store.read_only', 'nothing may be written to'],
  ['SQLITE_BUSY', 'store.failing', 'another program holds'],
  ['SQLITE_CORRUPT', 'store.failing', 'damage was found in'],
  ['SQLITE_NOTADB', 'store.failing', 'damage was found in'],
  ['SQLITE_IOERR', 'store.failing', 'the disk fails at'],
  ['SQLITE_CANTOPEN', 'store.failing', 'the disk fails at'],
];

/** What stands in the way, in one line, when it lies outside this program; the error itself when it does not. */
export function toStoreError(error: unknown, path: string): unknown {
  if (error instanceof MonitorError && error.code === 'runs.unwritable')
    return new MonitorError('store.read_only', error.message, { cause: error });
  if (!(error instanceof Database.SqliteError)) return error;
  const [, code, problem] = storeErrors.find(([start]) => error.code.startsWith(start)) ?? [];
  if (!code) return error;
  return new MonitorError(code, `${problem} the database ${path} (${error.code})`, { cause: error });
}
