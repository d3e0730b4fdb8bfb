// Imported by the writing thread, too, where Jest is not available.

/** What the writing thread does at a commit. */
export const commands = { commit: 0, hold: 1, exit: 2 } as const;

/** The data of the writing thread, shared with the test: its command, and the number of commits that have begun. */
export interface StallData {
  state: Int32Array<SharedArrayBuffer>;
}
