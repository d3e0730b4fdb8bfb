/** Every bound and pace of the gateway. The unit is in the name, the reason beside the number. */
export const limits = {
  /** A viewer's watchdog gives up after 2.5 of these: short enough to notice, long enough to cost nothing. */
  heartbeatMs: 5_000,
  /** Keeps idle connections through proxies, which cut at 30 s or more. */
  pingIntervalMs: 20_000,
  /** A peer that answers no ping for this long is gone, or its network is. */
  pongTimeoutMs: 10_000,
  /** A publisher has nothing to wait for before it says hello. */
  helloTimeoutMs: 5_000,
  /** How long ws waits for the answer to a close before it cuts: a slow reader may have 4 MB to read first. */
  closeTimeoutMs: 10_000,
  /** When the gateway stops: enough for a healthy peer to answer, short enough for a container's stop. */
  closeGraceMs: 1_000,
  /** When the gateway stops: a store that has not written by then will not; publishers keep what is not acknowledged. */
  flushTimeoutMs: 3_000,
  /** A request that takes longer to arrive is no request; it would hold a connection for nothing. */
  requestTimeoutMs: 10_000,
  headersTimeoutMs: 5_000,
  /** How often Node looks for requests over the two limits above. */
  connectionsCheckMs: 2_000,

  /** A viewer sends next to nothing. */
  livePayloadBytes: 4 * 1024,
  /** The largest event, 100 samples, has 140 kB. */
  ingestPayloadBytes: 1024 * 1024,
  /** Nobody needs to cut a small message into more; without a bound, empty fragments are a cheap attack. */
  maxFragments: 16,
  maxBufferedChunks: 64,
  /** What one process was measured to serve on one core, with room to spare. */
  liveClients: 5_000,

  /** Catching up waits for the socket whenever more than this is in its buffer. */
  catchUpBufferedBytes: 256 * 1024,
  /** A viewer with more than this unread gets no more live, but what the store has, at its own pace. */
  unreadBytes: 1024 * 1024,
  /** A viewer whose socket takes nothing for this long has stopped reading; it may come back with `after`. */
  stallTimeoutMs: 15_000,

  /** Ten system events, or a step that takes very long: worth saying. */
  stalledAfterMs: 20_000,
  /** A publisher comes back within 15 s of the connection; a laptop that was closed for a moment takes longer. */
  interruptedAfterMs: 60_000,
  /** A publisher that was there before the gateway's start has come back by then, if it lives: its backoff ends at 15 s. */
  missedAfterMs: 20_000,
  /** Statuses, viewers and waiting trainers are told at most this often, and silence is looked for. */
  statusIntervalMs: 1_000,

  /** A person clicks a few times quickly … */
  commandBurst: 10,
  /** … but not for long. */
  commandsPerSecond: 2,
  /** A viewer that goes on after it was told so often in a row that it is too fast is closed. */
  unheededRefusals: 50,
  /** A trainer answers at once, unless a step or starting an engine takes long. */
  commandTimeoutMs: 10_000,
  /** Commands that wait for their answers at a time, of all viewers. */
  pendingCommands: 100,
  /** Answers that are kept for a command that comes again; about 300 bytes each. */
  rememberedCommands: 1_000,

  /** Events of a page of history: about 150 kB, read in about a millisecond. */
  pageEvents: 500,
  /** Newest runs in the list; each has about 3 kB. */
  listedRuns: 500,

  /** At most 50 commits a second: each waits for the disk, 2 ms on a plain one, and the process waits with it. */
  commitIntervalMs: 20,
  /** Events in one transaction: about 10 ms of inserting. */
  commitEvents: 1_000,
  /** A publisher with more than this waiting for the disk is not read from until half of it is written. */
  uncommittedBytes: 4 * 1024 * 1024,
};

export type Limits = typeof limits;
