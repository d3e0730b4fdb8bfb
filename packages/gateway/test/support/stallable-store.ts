import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { afterTest } from './cleanup.ts';
import { commands, type StallData } from './stall-commands.ts';
import { until } from './until.ts';

export interface StallableStore {
  store: Store;
  /** Makes every commit wait before it is durable, like a disk that does not respond. */
  hold(): void;
  release(): void;
  /** Ends the writing thread at its next commit, or at the one that is held. */
  crash(): void;
  /** The number of commits that have begun. */
  commits(): number;
  /** Resolves when a commit is held. */
  untilHeld(): Promise<void>;
}

/** Opens a SQLite store whose commits a test can hold. Released and closed after the test. */
export async function openStallableStore(folder: string): Promise<StallableStore> {
  const state = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const entry = new URL('./stalled-writer-thread.js', import.meta.url);
  const data: StallData = { state };
  const store = await openSqliteStore(folder, { writer: { entry, data } });
  const command = (to: number): void => {
    Atomics.store(state, 0, to);
    Atomics.notify(state, 0);
  };
  const commits = (): number => Atomics.load(state, 1);
  let before = 0;
  const release = (): void => command(commands.commit);
  afterTest(async () => {
    release();
    await store.close();
  });
  return {
    store,
    hold() {
      before = commits();
      command(commands.hold);
    },
    release,
    crash: () => command(commands.exit),
    commits,
    untilHeld: () => until(() => commits() > before),
  };
}
