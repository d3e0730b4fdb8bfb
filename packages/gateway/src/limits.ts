/** The limits and intervals of the gateway. The unit is in the name, the reason beside the number. */
export const limits = {
  /**
   * Interval of heartbeats to a viewer. A viewer reconnects after 2.5 intervals without a message: short enough to notice
   * a dead connection, long enough to cost nothing.
   */
  heartbeatMs: 5_000,
  /** Interval of pings, which keep idle connections open through proxies: these cut them after 30 s or more. */
  pingIntervalMs: 20_000,
  /** A peer that does not answer a ping within this time has lost its connection or its network. */
  pongTimeoutMs: 10_000,
  /** Time limit of the first message: a publisher can send it as soon as it is connected. */
  helloTimeoutMs: 5_000,
  /** The wait for the answer to a close frame: a slow client first has to read everything sent before it. */
  closeTimeoutMs: 10_000,
  /**
   * The time that a stopping gateway waits for the answers to its close frames: enough for a healthy peer, short enough for
   * the time that a container has to stop.
   */
  closeGraceMs: 1_000,
  /** The time that a stopping gateway waits for the store: publishers keep the events that are not acknowledged by then. */
  flushTimeoutMs: 3_000,
  /**
   * The time that a stopping gateway waits for the store to close. With the times above, for both ports, it ends within 9 s:
   * Docker, for example, kills it after 10 s. A store that is not closed loses nothing that was acknowledged.
   */
  storeCloseTimeoutMs: 4_000,
  /** The time in which a request has to arrive: a slower one would only hold a connection. */
  requestTimeoutMs: 10_000,
  headersTimeoutMs: 5_000,
  /**
   * The time for which the rest of a refused request is read and discarded before its connection closes: a client needs it
   * to read the answer, as with `lingering_timeout` of nginx.
   */
  lingerMs: 5_000,
  /** The most bytes of a request that are read in this way: twice the largest body. */
  lingerBytes: 32 * 1024 * 1024,
  /** Connections of a port that are being closed in this way at a time. */
  lingeringConnections: 200,
  /**
   * The time for which an idle connection is kept open: longer than the 60 s of proxies, so that no request arrives while this side
   * closes the connection.
   */
  keepAliveMs: 72_000,
  /** The time between two checks of `requestTimeoutMs` and `headersTimeoutMs` by Node.js. */
  connectionsCheckMs: 2_000,

  /** The largest message of a viewer: a start with the longest name and tags has 12 kB with all characters as `\u` escapes. */
  livePayloadBytes: 16 * 1024,
  /** Messages of one viewer. A viewer that exceeds this, after its commands got `command.too_many`, is disconnected. */
  messagesPerSecond: 5,
  messageBurst: 20,
  /** The largest message of a publisher: larger than `eventBytes`, so that a larger event is rejected, not the connection closed. */
  ingestPayloadBytes: 1024 * 1024,
  /**
   * The largest event, as it is stored and sent to viewers: many clients refuse messages over 1 MiB, and would receive the
   * same event again after each reconnection.
   */
  eventBytes: 900 * 1024,
  /**
   * Levels of nested objects and lists in an event, message or body: the schemas have 5. Recursive parsers of clients fail at about 1,000
   * levels, and so do the JSON functions of SQLite.
   */
  jsonDepth: 32,
  /**
   * A message `events` with many past events: clients read it several times faster than single events. A client takes a connection
   * without a message for 12.5 s as lost, so a network that carries 5 kB a second has to deliver one in that time.
   */
  bundleBytes: 64 * 1024,
  /** Names of custom metrics in a run, ten times as many as in an event; each is a chart. */
  metricNamesPerRun: 1_000,
  /**
   * Snapshots and test images that publishers have sent, of all runs together, unless --uploads sets another limit: 60 runs
   * with as many as one may have, or 300 of the usual size. Without a limit, publishers could fill the disk of the database.
   */
  uploadBytes: 10e9,
  /** Minimum time between two measurements of these files while they take all the space: each reads up to 66 sizes a run. */
  uploadMeasureMs: 10_000,
  /** No client needs to split a small message into more; without a limit, empty fragments are a cheap attack. */
  maxFragments: 16,
  /**
   * Pieces in which a message may arrive from the network: 1 MB in the smallest segments of TCP, 536 bytes each. A slow network
   * delivers each segment by itself.
   */
  maxBufferedChunks: 2_048,

  /** Requests and sockets on a port together: each takes a file descriptor. */
  connections: 10_000,
  /** Connections from one IPv4 address or IPv6 /64, idle ones included: a class behind one router, 7 per browser. */
  connectionsPerAddress: 2_000,
  /** Viewers at a time: the number that one process was measured to serve on one core, with a margin. */
  liveClients: 5_000,
  /** Publishers at a time: each publishes a run of its own, and a machine that trains has one or a few. */
  publishers: 200,
  /** Connections whose first message has not arrived: publishers send it at once. */
  pendingHellos: 200,
  /** Connections to one endpoint from one address other than this machine: a class behind one router, but no more. */
  socketsPerAddress: 200,
  /**
   * Wrong tokens of one address: a person notices the mistake within ten tries; at one try in 10 s, no program guesses 16
   * characters. The right token of this machine, or of an address that has sent it before, is accepted beyond that.
   */
  wrongTokenBurst: 10,
  wrongTokensPerSecond: 0.1,
  /** Warnings about wrong settings of a proxy: enough for some tries, and few when a scanner requests many paths. */
  proxyWarningBurst: 20,
  proxyWarningsPerSecond: 1 / 60,
  /**
   * WebSockets that one address other than this machine may open: those of a whole class at once after the gateway
   * restarts, then a few a second.
   */
  upgradesPerSecond: 20,
  upgradeBurst: 400,

  /**
   * A viewer with more unread bytes than this is sent no events until it has read all of them. A publisher with as many unread
   * replies is not read until then.
   */
  unreadBytes: 256 * 1024,
  /**
   * Broadcasts that a viewer with `unreadBytes` unread may leave unread too: the largest change of a note, which has 68 kB with all
   * characters as `\u` escapes, or several minutes of statuses.
   */
  unreadBroadcastBytes: 128 * 1024,
  /**
   * Unread bytes of all viewers together. Beyond this, no viewer gets history, and only viewers that have read everything
   * get live events.
   */
  allUnreadBytes: 128 * 1024 * 1024,
  /** A viewer with more unsent events than this, about 1 MB, skips those of type `batch` up to the newest. */
  staleEvents: 4_000,
  /** A client whose socket accepts nothing for this long has stopped reading; a viewer may resume with `after`. */
  stallTimeoutMs: 15_000,
  /** The time between two checks whether clients read their responses: short enough to find the one that stopped first. */
  stallCheckMs: 1_000,
  /** Unread responses of all clients together. Beyond this, the client that has read nothing for longest is disconnected. */
  allUnreadReplyBytes: 64 * 1024 * 1024,
  /** The size in which Node.js reads files. A response that is sent in pieces counts as two: the current and the next. */
  replyPieceBytes: 64 * 1024,
  /** Responses that are compressed at a time: one for each thread of Node's pool, which also reads files. */
  compressedAtOnce: 4,
  /** A smaller response fits into the first packet as it is. */
  minBytesToCompress: 1_024,
  /** 1 MB takes a thread about 15 ms; larger responses are sent, and compressed, in pieces. */
  maxBytesToCompress: 1024 * 1024,
  /** Requests of one connection that wait for their turn: clients that pipeline send some at a time. */
  pipelinedRequests: 16,

  /** The encoded frames of recent events that are kept in memory: some dozen whole runs of the usual size. */
  recentBytes: 16 * 1024 * 1024,
  /** The last events of a run that are loaded into memory when it is followed or resumed: nearly all of a usual run. */
  recentEvents: 1_000,
  /** A run is `stalled` after this silence of its publisher: ten system events are missing, or a step is very long. */
  stalledAfterMs: 20_000,
  /**
   * A run is `interrupted` this long after its publisher disconnected: most reconnect within 15 s; a laptop that was
   * closed for a moment takes longer.
   */
  interruptedAfterMs: 60_000,
  /**
   * A run whose publisher has not connected since the gateway's start is `interrupted` after this time: a publisher that
   * is alive has reconnected by then, since it waits at most 15 s between two attempts.
   */
  interruptedAfterStartMs: 20_000,
  /** The shortest time between two broadcasts of statuses and counts, and the interval of checks for silence. */
  statusIntervalMs: 1_000,
  /**
   * The shortest time between two broadcasts of a changed number of viewers, for each viewer: a broadcast takes 10 µs for each, so
   * these take at most 2 % of the time, and come every 10 s with 20,000 viewers.
   */
  viewerCountMsPerViewer: 0.5,

  /** Commands of one viewer that are forwarded. Further ones are answered with `command.too_many`. */
  commandBurst: 10,
  commandsPerSecond: 2,
  /** The time in which a trainer has to answer: it answers at once, unless a step or the start of an engine takes long. */
  commandTimeoutMs: 10_000,
  /**
   * The time for which a run counts as starting without any news of it: its trainer may load an engine and images, and is too busy to connect
   * during its first steps. A trainer that ended begins no run, and does not always report that.
   */
  startingMs: 120_000,
  /** Commands of all viewers that wait for their results at a time. */
  pendingCommands: 100,
  /** Commands kept, with their results, for clients that send them again; about 300 bytes each. */
  rememberedCommands: 1_000,

  /** Events in a page of history: about 150 kB, read in about a millisecond. */
  pageEvents: 500,
  /** The newest runs, whose changes of status are broadcast after a restart even without new events. Each takes 1 ms to read. */
  watchedRuns: 500,

  /** The time between two checks that the store works, and the longest one while it fails. */
  storeCheckMs: 5_000,
  /**
   * A write that takes longer makes the store count as failing until the write ends: a busy disk takes a second, and a
   * proxy that requests `/readyz` waits for the answer a few seconds.
   */
  storeStallMs: 3_000,
  /** The time between two messages of presence in a cluster. A change of publishers or idle trainers is sent at once. */
  presenceIntervalMs: 1_000,
  /** A gateway that sends nothing for this long counts as ended, with its clients: a pause of its process is shorter. */
  presenceTimeoutMs: 5_000,
  /** The time between two applications of the retention policy: days and gigabytes change slowly. */
  sweepIntervalMs: 60_000,
  /**
   * The time between two checks for unused memory in V8's heap after high load: long, because a collection stops the event loop
   * at its end, for some 0.1 s on a busy machine; but short enough to return memory within a minute.
   */
  heapCheckMs: 20_000,
  /** The growth of V8's heap that is worth a collection, which takes some 50 ms of processor time for 30 MB in use. */
  heapGrowthBytes: 16 * 1024 * 1024,
  /** The same growth as a share of the memory in use: a collection takes longer for a larger heap, and leaves larger gaps. */
  heapGrowthShare: 0.5,
  /** Memory is returned only while the process uses less than this share of a core, so that no load is slowed. */
  quietCpuShare: 0.25,
  /**
   * The shortest time between the beginnings of two commits of a run: a commit takes about a millisecond of processor
   * time, so at most a tenth of a core.
   */
  commitIntervalMs: 10,
  /**
   * The part of the event loop's time that publishing takes at most. With a larger one, events reach viewers sooner; with a
   * smaller one, each write has more events.
   */
  publishShare: 0.2,
  /**
   * The longest pause after publishing: with more viewers, or on a busy machine, a longer one would save little processor
   * time and delay every event. Events that arrive while publishing takes long are sent together anyway.
   */
  publishPauseMs: 30,
  /** Events in one transaction: about 10 ms of inserting. */
  commitEvents: 1_000,
  /** A publisher with more unwritten events than this, several commits, is not read until half of them are written. */
  uncommittedBytes: 1024 * 1024,
};

export type Limits = typeof limits;
