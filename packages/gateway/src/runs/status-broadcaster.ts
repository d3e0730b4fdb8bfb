import type { EventType, LiveControl, RunStatus } from '@mnist-monitor/shared';
import type { Limits } from '../limits.ts';
import type { Hub, ShownRun } from '../live/hub.ts';
import type { IdleTrainers } from '../presence/idle-trainers.ts';
import { noRemotePresence, type RemotePresence } from '../presence/presence.ts';
import type { Publishers } from '../presence/publishers.ts';
import type { StartingRuns } from '../presence/starting-runs.ts';
import { ignoreDamage } from '../store/damaged-run.ts';
import type { Store } from '../store/store.ts';
import type { RunState, RunSummaries, StoredStatus } from './run-summaries.ts';

export interface StatusBroadcasterOptions {
  store: Store;
  runs: RunSummaries;
  hub: Hub;
  publishers: Publishers;
  idleTrainers: IdleTrainers;
  starts: StartingRuns;
  remote?: RemotePresence;
  limits: Pick<Limits, 'statusIntervalMs' | 'viewerCountMsPerViewer' | 'watchedRuns'>;
  /** Called when the store cannot be read. */
  onFailure: (error: unknown) => void;
}

/** A run whose status may change without an event. */
interface WatchedRun {
  stored: StoredStatus;
  /** The state that was last broadcast, as text; undefined to broadcast it again. */
  announced: string | undefined;
}

/** The events that may change the status of a run. Pausing and resuming are reported by notices. */
const statusEvents: ReadonlySet<EventType> = new Set(['run.started', 'notice', 'run.finished']);

/** The statuses that change with time. */
const activeStatuses: ReadonlySet<RunStatus> = new Set(['running', 'paused', 'stalled']);

/** Broadcasts what no event reports: statuses and connections of runs, numbers of viewers and idle trainers, and starting runs. */
export class StatusBroadcaster {
  readonly #options: StatusBroadcasterOptions;
  readonly #watched = new Map<string, WatchedRun>();
  readonly #remote: RemotePresence;
  readonly #removals: (() => void)[];
  /** The idle trainers and starting runs that were last broadcast, as text; undefined to broadcast them again. */
  #announcedTrainers: string | undefined;
  #announcedAt = Number.NEGATIVE_INFINITY;
  /** The number of viewers that was last broadcast, and the earliest time of the next broadcast for a change of that number alone. */
  #announcedViewers = 0;
  #viewersDueAt = Number.NEGATIVE_INFINITY;
  /** Whether a viewer was added since, which gets the number only from a `status` message. */
  #hasNewViewer = false;
  #timer: NodeJS.Timeout | undefined;
  #reads = Promise.resolve();

  constructor(options: StatusBroadcasterOptions) {
    const { hub, publishers, idleTrainers, starts, limits } = options;
    this.#options = options;
    this.#remote = options.remote ?? noRemotePresence;
    this.#announcedTrainers = JSON.stringify(this.#trainers);
    const announce = (): void => this.#scheduleAnnouncement();
    // A silent or absent publisher causes no event, so the statuses are checked at intervals.
    const interval = setInterval(announce, limits.statusIntervalMs).unref();
    this.#removals = [
      () => clearInterval(interval),
      () => clearTimeout(this.#timer),
      hub.onViewersChange(() => {
        this.#hasNewViewer = true;
        announce();
      }),
      // After the newest run was removed, an older one is the newest, whose status contains the number of viewers.
      hub.onNewestRunChange(() => {
        if (hub.newestRunId !== undefined) this.readStatus(hub.newestRunId);
      }),
      hub.onHello((run) => this.#noteHello(run)),
      // A run that has lost its end goes on, or is interrupted.
      hub.onStreamChange((runId) => this.readStatus(runId)),
      idleTrainers.onChange(announce),
      starts.onChange(announce),
      publishers.onChange((runId) => this.readStatus(runId)),
      this.#remote.onChange(announce),
      hub.onPublished((runId, events) =>
        this.noteEvents(
          runId,
          events.map(({ type }) => type),
        ),
      ),
    ];
  }

  /** Loads those of the newest `watchedRuns` runs whose status may change without an event. */
  async open(): Promise<void> {
    const { store, limits } = this.#options;
    for (const { runId } of await store.runs({ limit: limits.watchedRuns })) {
      const stored = await store.summary(runId).catch(ignoreDamage);
      if (!stored) continue;
      const watched = { stored, announced: this.#describe(stored).text };
      if (this.#mayChange(stored)) this.#watched.set(stored.runId, watched);
    }
  }

  /** Reads the status of a run after new events at any gateway if their types may change it, or if the run is not watched yet. */
  noteEvents(runId: string, types: readonly EventType[]): void {
    this.#options.starts.noteEvents(runId, types);
    if (!this.#watched.has(runId) || types.some((type) => statusEvents.has(type))) this.readStatus(runId);
  }

  /** Reads the status of every watched run again. */
  refresh(): void {
    for (const runId of this.#watched.keys()) this.readStatus(runId);
  }

  /** Reads the status of a run, and broadcasts it if it has changed. Reads after all earlier reads, so that the newest result is kept. */
  readStatus(runId: string): void {
    const { store, onFailure } = this.#options;
    const update = (stored: StoredStatus | undefined): void => {
      if (stored) this.#watched.set(runId, { stored, announced: this.#watched.get(runId)?.announced });
      else this.#watched.delete(runId);
      this.#scheduleAnnouncement();
    };
    this.#reads = this.#reads.then(() => store.summary(runId).then(update, onFailure));
  }

  /** Returns the status of a run without reading the store; undefined if the run is not active, connected or the newest. */
  statusOf(runId: string): RunStatus | undefined {
    const watched = this.#watched.get(runId);
    return watched && this.#options.runs.stateOf(watched.stored).status;
  }

  close(): void {
    for (const remove of this.#removals) remove();
  }

  /** Returns the state of a run, and a text that changes with it. */
  #describe(stored: StoredStatus): { state: RunState; text: string } {
    const state = this.#options.runs.stateOf(stored);
    return { state, text: JSON.stringify(state) };
  }

  /** The message about the idle trainers and the runs that trainers are preparing. */
  get #trainers(): LiveControl & { type: 'trainers' } {
    const { idleTrainers, starts } = this.#options;
    return { type: 'trainers', waiting: idleTrainers.count, starting: starts.list };
  }

  /** The number of viewers at all gateways. */
  get #viewerCount(): number {
    return this.#options.hub.viewerCount + this.#remote.viewerCount;
  }

  /** Whether the status may change without an event: for a run that is active, connected or the newest. */
  #mayChange(stored: StoredStatus): boolean {
    const { hub, runs } = this.#options;
    const { status, connected } = runs.stateOf(stored);
    return connected || activeStatuses.has(status) || stored.runId === hub.newestRunId;
  }

  /**
   * Schedules a broadcast of what a hello has shown, if it was not broadcast. It may change back before the next broadcast, which would
   * then find nothing new, and the viewer would keep it. A run that is not watched, because it had ended before the database lost its end,
   * is watched from then on.
   */
  #noteHello(run: ShownRun | undefined): void {
    const watched = this.#watched.get(run?.runId ?? '');
    if (watched && this.#describe(watched.stored).text !== watched.announced) watched.announced = undefined;
    if (run && !watched && activeStatuses.has(run.status)) this.readStatus(run.runId);
    if (JSON.stringify(this.#trainers) !== this.#announcedTrainers) this.#announcedTrainers = undefined;
    this.#scheduleAnnouncement();
  }

  /** Schedules a broadcast: at once, or when `statusIntervalMs` have passed since the last broadcast. */
  #scheduleAnnouncement(): void {
    const waitMs = this.#announcedAt + this.#options.limits.statusIntervalMs - performance.now();
    this.#timer ??= setTimeout(() => this.#announce(), Math.max(0, Math.ceil(waitMs))).unref();
  }

  #announce(): void {
    this.#timer = undefined;
    const { hub } = this.#options;
    const trainers = this.#trainers;
    this.#includeViewers();
    let changed = false;
    for (const [runId, watched] of this.#watched) {
      const { state, text } = this.#describe(watched.stored);
      if (text !== watched.announced) {
        watched.announced = text;
        changed = true;
        hub.broadcast({ type: 'status', runId, ...state, viewers: this.#viewerCount });
      }
      if (!this.#mayChange(watched.stored)) this.#watched.delete(runId);
    }
    if (JSON.stringify(trainers) !== this.#announcedTrainers) {
      this.#announcedTrainers = JSON.stringify(trainers);
      changed = true;
      hub.broadcast(trainers);
    }
    if (changed) this.#announcedAt = performance.now();
  }

  /**
   * Lets the status of the newest run be broadcast if the number of viewers has changed and that is due. Until then, this is tried again
   * every `statusIntervalMs`. A changed number is broadcast once and not for every watched run.
   */
  #includeViewers(): void {
    const { hub, limits } = this.#options;
    const now = performance.now();
    const viewers = this.#viewerCount;
    const newest = this.#watched.get(hub.newestRunId ?? '');
    if (!newest || now < this.#viewersDueAt || !(this.#hasNewViewer || viewers !== this.#announcedViewers))
      return;
    newest.announced = undefined;
    this.#hasNewViewer = false;
    this.#announcedViewers = viewers;
    const intervalMs = Math.max(limits.statusIntervalMs, hub.viewerCount * limits.viewerCountMsPerViewer);
    this.#viewersDueAt = now + intervalMs;
  }
}
