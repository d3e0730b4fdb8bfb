import {
  connectLive,
  type LiveClient,
  type LiveClientMessage,
  type RunAnnotated,
} from '@mnist-monitor/shared/browser';
import type { RunSummary } from '../state/event-data.ts';
import { copyRun, type Run, unseenEventsOf } from '../state/run.ts';
import {
  announcesOtherEvents,
  applyMessage,
  emptySession,
  forgetRun,
  hasQueue,
  isUnfinished,
  type Session,
} from '../state/session.ts';
import { listRuns, liveRefusal, liveUrl } from './api.ts';
import { timeOnPage } from './time-on-page.ts';

export interface RunDisplayOptions {
  /** Called when the run on display or its session has changed. */
  onChange(): void;
  /** Called when the list of runs may have changed: a run began, was deleted, or changed its status or annotations. */
  onRunsChange(): void;
  /** Called when a trainer may have begun or stopped waiting for commands, or its queue of starts may have changed. */
  onTrainersChange(): void;
  /** Called when a run was deleted, whether it is on display or not. */
  onRunDeleted(runId: string): void;
  /** Called when the name, the tags or other annotations of a run were changed, whether it is on display or not. */
  onRunAnnotated(annotations: RunAnnotated): void;
  /** Returns whether the viewer looks at an earlier moment of the run, or plays it: another run that begins pauses the view then. */
  looksBack(): boolean;
  /** Called when the feed moves on to another run, or sends the run on display from its beginning again. */
  onNextRun(): void;
}

/** Number of runs among which a trainer with a queue is searched: the pinned ones, then the latest ones. */
const queueSearchLimit = 100;

/** Types of messages that may change the list of runs. */
const runListMessages: ReadonlySet<LiveClientMessage['type']> = new Set([
  'hello',
  'status',
  'annotated',
  'removed',
]);

/** Types of messages that report trainers that connect, disconnect, wait or begin a run. */
const trainerMessages: ReadonlySet<LiveClientMessage['type']> = new Set(['hello', 'status', 'trainers']);

/** Returns whether a message reports a change of the queue of the run's trainer. */
const isQueueChange = (message: LiveClientMessage): boolean =>
  message.type === 'event' && message.event.type === 'notice' && message.event.data.code === 'queue.changed';

/** The run on display: live from the feed, or as it was when the viewer paused the view. */
export class RunDisplay {
  /** The session of the followed run, even while the view is paused. */
  readonly session: Session = emptySession(performance.timeOrigin);
  readonly #options: RunDisplayOptions;
  #client: LiveClient | undefined;
  /** The run passed to `follow`: an id, null for the latest; undefined before the first call. */
  #followed: string | null | undefined;
  /** Copy of the run at the time when the view was paused. */
  #paused: Run | null = null;
  /** The gateway's last summary of the paused run. */
  #pausedSummary: RunSummary | null = null;

  constructor(options: RunDisplayOptions) {
    this.#options = options;
  }

  /** The connection; undefined until a run is followed. */
  get client(): LiveClient | undefined {
    return this.#client;
  }

  get run(): Run | null {
    return this.#paused ?? this.session.run;
  }

  /** The gateway's summary of the run on display; null before it has sent one. */
  get summary(): RunSummary | null {
    const { summary } = this.session;
    if (this.#paused && summary?.runId === this.#paused.runId) this.#pausedSummary = summary;
    return this.#paused ? this.#pausedSummary : summary;
  }

  /** Follows the run with an id, or the latest run if `run` is null. */
  follow(run: string | null): void {
    if (run === this.#followed) return;
    this.#followed = run;
    this.session.followsLatest = run === null;
    this.#paused = null;
    this.#client?.close();
    forgetRun(this.session);
    this.#client = connectLive({
      url: liveUrl(),
      ...(run !== null && { run }),
      onMessage: (message) => this.#receive(message),
    });
    this.#options.onChange();
  }

  /** Number of events received since the view was paused, or of the run that has begun since; null while it is live. */
  get unseenEvents(): number | null {
    return this.#paused && unseenEventsOf(this.#paused, this.session.run);
  }

  /** Pauses the view, or resumes it. A paused page still receives events. */
  togglePause(): void {
    const { run } = this.session;
    const leavesRun = this.#paused !== null && this.#paused.runId !== run?.runId;
    if (this.#paused || !run) this.#paused = null;
    else this.#pauseAt(run);
    if (leavesRun) this.#options.onNextRun();
    this.#options.onChange();
  }

  #pauseAt(run: Run): void {
    this.#paused = copyRun(run);
    this.#pausedSummary = this.session.summary;
  }

  #receive(message: LiveClientMessage): void {
    const state = message.type === 'connection' ? message.state : undefined;
    if (state?.name === 'closed' && state.code === 'unauthorized') return this.#followAgain();
    const before = this.session.run?.runId;
    const knewQueue = this.session.queueRun !== null;
    if (message.type === 'hello' && announcesOtherEvents(this.session, message)) {
      // A paused view stays at its run when another one begins, but not when that run begins again.
      if (message.run?.runId === this.#paused?.runId) this.#paused = null;
      const { run } = this.session;
      if (run && message.run && message.run.runId !== run.runId && !this.#paused && this.#options.looksBack())
        this.#pauseAt(run);
      if (before !== undefined && !this.#paused) this.#options.onNextRun();
    }
    applyMessage(this.session, message, timeOnPage());
    if (message.type === 'hello') void this.#findQueue(knewQueue);
    if (runListMessages.has(message.type)) this.#options.onRunsChange();
    if (trainerMessages.has(message.type) || isQueueChange(message)) this.#options.onTrainersChange();
    if (message.type === 'annotated') this.#options.onRunAnnotated(message);
    if (message.type === 'removed') this.#options.onRunDeleted(message.runId);
    if (state?.name === 'waiting' && this.session.gatewayVersion === null) this.#findRefusal();
    this.#options.onChange();
  }

  /** Connects again after a command with a wrong token, which closes the connection. */
  #followAgain(): void {
    const run = this.#followed ?? null;
    this.#followed = undefined;
    this.follow(run);
  }

  /**
   * Finds another run whose trainer has a queue, among the pinned and the latest runs, if the followed run has ended or the page knew
   * of such a run before it reconnected. A `status` message announces a trainer that connects later.
   */
  async #findQueue(knewQueue: boolean): Promise<void> {
    const { session } = this;
    if (session.commands === 'off' || !session.reported) return;
    if (isUnfinished(session.reported) && !knewQueue) return;
    const list = await listRuns({ search: '', limit: queueSearchLimit, cursor: null });
    session.queueRun ??= (list.ok && list.value.runs.find(hasQueue)?.runId) || null;
    this.#options.onChange();
  }

  async #findRefusal(): Promise<void> {
    const refusal = await liveRefusal();
    if (this.session.gatewayVersion !== null) return;
    this.session.refusal = refusal;
    this.#options.onChange();
  }
}
