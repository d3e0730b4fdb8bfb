/** When a run's publisher was last there, by the process's own clock. */
export interface PublisherPresence {
  readonly publisherId: string;
  /** When it connected. */
  readonly connectedAt: number;
  /** When it last said something. */
  lastMessageAt: number;
  /** When its connection went; undefined while it is there. */
  disconnectedAt: number | undefined;
}
