/** When a run's publisher was last there, by the process's own clock. */
export interface Presence {
  readonly publisherId: string;
  /** When it connected. */
  readonly since: number;
  /** When it last said something. */
  heardAt: number;
  /** When its connection went; undefined while it is there. */
  goneAt: number | undefined;
}
