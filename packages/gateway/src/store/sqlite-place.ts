import { type Stats, statSync } from 'node:fs';
import { MonitorError } from '@mnist-monitor/shared';

/**
 * Whether an open database still is where it was opened. Who moves or deletes the files of an open database does not
 * disturb SQLite: it writes on to files that nobody will find again.
 */
export class DatabaseFileIdentity {
  readonly #path: string;
  readonly #file: string;
  /** Of the log, which comes with the first write. */
  #log: string | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#file = identify(path) ?? '';
  }

  /** `moved`: nothing is there any more; `replaced`: another file is. */
  status(): 'here' | 'moved' | 'replaced' {
    const file = identify(this.#path);
    if (file !== undefined && file !== this.#file) return 'replaced';
    const log = identify(`${this.#path}-wal`);
    if (file === undefined || (this.#log !== undefined && log !== this.#log)) return 'moved';
    this.#log = log;
    return 'here';
  }

  /** @throws MonitorError `store.vanished` */
  ensureUnchanged(): void {
    const where = this.status();
    if (where !== 'here') throw vanishedError(this.#path, where);
  }
}

export function vanishedError(path: string, where: 'moved' | 'replaced'): MonitorError {
  const what =
    where === 'moved'
      ? 'was moved or deleted; it is written anew from what this gateway still holds of it'
      : 'was replaced by another file: restart the gateway to use that one, or move it away to get back this one';
  return new MonitorError('store.vanished', `the database ${path} ${what}`);
}

function identify(path: string): string | undefined {
  const stats: Stats | undefined = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
