import type { LiveClient, LiveClientMessage } from '@mnist-monitor/shared/browser';
import { copyRun, type Run } from '../state/run.ts';
import { apply, emptySession, forgetRun, type Session } from '../state/session.ts';
import { follow } from './connection.ts';

/** A run that is being played back. */
export interface Replay {
  run: Run;
  close(): void;
}

export interface ReplayOptions {
  runId: string;
  /** The run has moved on, or jumped. */
  changed(): void;
  ended(): void;
}

const aboutRuns: ReadonlySet<LiveClientMessage['type']> = new Set([
  'hello',
  'status',
  'annotated',
  'removed',
]);

/** What the page shows: the run that comes in, that run as it was when the view was paused, or one played back. */
export class Stage {
  /** The connection and the run that comes in through it, whatever is shown. */
  readonly session: Session = emptySession(performance.timeOrigin);
  readonly #changed: () => void;
  readonly #runsChanged: () => void;
  readonly #nextRun: () => void;
  #client: LiveClient | undefined;
  #followed: string | null | undefined;
  #held: Run | null = null;
  #replay: Replay | null = null;

  /**
   * @param on `runsChanged`: something that a list of runs shows is another. `nextRun`: another run has begun, and is
   * followed from here on.
   */
  constructor(on: { changed: () => void; runsChanged: () => void; nextRun: () => void }) {
    this.#changed = on.changed;
    this.#runsChanged = on.runsChanged;
    this.#nextRun = on.nextRun;
  }

  /** The connection; undefined until a run is followed. */
  get client(): LiveClient | undefined {
    return this.#client;
  }

  /** The run to draw. */
  get run(): Run | null {
    return this.#replay?.run ?? this.#held ?? this.session.run;
  }

  /** The session as the header is to tell it: of a replay, as it was then. */
  get shown(): Session {
    const { session } = this;
    if (!this.#replay) return session;
    return { ...session, run: this.#replay.run, replaying: true, caughtUp: true, lastEventAt: null };
  }

  /** Follows another run from now on, or the latest when it is null. */
  follow(run: string | null): void {
    if (run === this.#followed) return;
    this.#followed = run;
    this.#replay?.close();
    this.#held = null;
    this.#client?.close();
    forgetRun(this.session);
    this.#client = this.#follow(run);
    this.#changed();
  }

  /** Whether the view stands still; what comes meanwhile is taken in all the same. */
  get held(): boolean {
    return this.#held !== null;
  }

  /** How many events have come since the view was paused. */
  get unseen(): number {
    return this.#held && this.session.run ? this.session.run.events - this.#held.events : 0;
  }

  toggleHold(): void {
    this.#held = this.#held || !this.session.run ? null : copyRun(this.session.run);
    this.#changed();
  }

  get replay(): Replay | null {
    return this.#replay;
  }

  async play(open: (options: ReplayOptions) => Promise<Replay>): Promise<void> {
    const runId = this.session.run?.runId;
    if (runId === undefined || this.#replay) return;
    const replay = await open({ runId, changed: this.#changed, ended: () => this.#endReplay() });
    if (this.session.run?.runId === runId) this.#replay = replay;
    else replay.close();
    this.#changed();
  }

  #endReplay(): void {
    this.#replay = null;
    this.#changed();
  }

  #follow(run: string | null): LiveClient {
    return follow(run, (message) => {
      const before = this.session.run?.runId;
      // What was held belongs to the run before.
      if (message.type === 'hello' && message.run?.runId !== before) {
        this.#held = null;
        if (before !== undefined) this.#nextRun();
      }
      apply(this.session, message, performance.now());
      if (aboutRuns.has(message.type)) this.#runsChanged();
      this.#changed();
    });
  }
}
