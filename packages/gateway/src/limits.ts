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
  /** How long to wait for the answer to a close: a slow reader has to read what was sent before it first. */
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

  /** A viewer sends commands, and few of them. */
  livePayloadBytes: 4 * 1024,
  /** Whoever goes on sending although its commands are answered with `command.too_many` is closed. */
  messagesPerSecond: 5,
  messageBurst: 20,
  /** The largest event, 100 samples, has 140 kB. */
  ingestPayloadBytes: 1024 * 1024,
  /** Nobody needs to cut a small message into more; without a bound, empty fragments are a cheap attack. */
  maxFragments: 16,
  maxBufferedChunks: 64,

  /** Of any kind, to either port, for requests and sockets together: each takes a file descriptor. */
  connections: 10_000,
  /** What one process was measured to serve on one core, with room to spare. */
  liveClients: 5_000,
  /** Each has runs of its own; a machine that trains has one or a few. */
  publishers: 200,
  /** From one address that is not this machine: a class behind one router, but no more. */
  clientsPerAddress: 200,
  /** How often such an address may connect: all of that class at once when the gateway comes back, a few later on. */
  upgradesPerSecond: 20,
  upgradeBurst: 400,

  /** With more than this unread, a viewer is sent nothing until it has read all of it. */
  unreadBytes: 256 * 1024,
  /** The same for all viewers together: none is sent history then, and live only what it reads at once. */
  allUnreadBytes: 128 * 1024 * 1024,
  /** So far behind what is published, about 1 MB, a viewer is served better by the newest batch than by every one. */
  staleEvents: 4_000,
  /** A viewer whose socket takes nothing for this long has stopped reading; it may come back with `after`. */
  stallTimeoutMs: 15_000,

  /** Frames of the recent past of all runs, ready to be sent: some dozen whole runs of the usual size. */
  recentBytes: 16 * 1024 * 1024,
  /** Of a run that is followed or published again, so many events are made ready: nearly all of a usual run. */
  recentEvents: 1_000,
  /** Ten system events, or a step that takes very long: worth saying. */
  stalledAfterMs: 20_000,
  /** A publisher comes back within 15 s of the connection; a laptop that was closed for a moment takes longer. */
  interruptedAfterMs: 60_000,
  /** A publisher that was there before the gateway's start has come back by then, if it lives: its backoff ends at 15 s. */
  missedAfterMs: 20_000,
  /** Statuses, viewers and waiting trainers are told at most this often, and silence is looked for. */
  statusIntervalMs: 1_000,

  /** Of the messages of a viewer, so many commands are passed on; more are answered, up to the bound on messages. */
  commandBurst: 10,
  commandsPerSecond: 2,
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

  /** How often to look whether the store's files are where they were, and at least how often to try again. */
  storeCheckMs: 5_000,
  /** How often gateways on one Redis tell each other who is connected to them, beside each change of publishers. */
  presenceIntervalMs: 1_000,
  /** A gateway that has said nothing for so long is gone, and who was connected to it: a pause of its own is shorter. */
  presenceTimeoutMs: 5_000,
  /** How often to look for runs beyond what is to be kept: days and gigabytes change slowly. */
  sweepIntervalMs: 60_000,
  /** At most 50 commits a second: each waits for the disk, 2 ms on a plain one, and the process waits with it. */
  commitIntervalMs: 20,
  /** Events in one transaction: about 10 ms of inserting. */
  commitEvents: 1_000,
  /** A publisher with more than this waiting for the disk, some commits, is not read from until half is written. */
  uncommittedBytes: 1024 * 1024,
};

export type Limits = typeof limits;
