import type { Command, CommandResult, EventType, QueuedStart, StartingRun } from '@mnist-monitor/shared';
import { Listeners } from '../listeners.ts';
import type { IdleTrainers } from './idle-trainers.ts';
import type { Publishers } from './publishers.ts';

export interface StartingRunsOptions {
  publishers: Publishers;
  idleTrainers: IdleTrainers;
  limits: {
    /** The time for which a run is listed without any news of it, in milliseconds. */
    startingMs: number;
  };
}

/** A trainer's next run, which has no events yet. */
interface Start extends StartingRun {
  /** The id of the command that starts it; undefined if it follows another run from the trainer's queue. */
  commandId: string | undefined;
  /** Whether the trainer has accepted the command. */
  isAccepted: boolean;
  /** Whether the trainer has ended its connection as an idle trainer since. */
  hasLeft: boolean;
  expiresAt: number;
}

/**
 * The runs that trainers are preparing. A trainer may need a minute until the first event of its run, and may be too busy to report
 * anything, so this is concluded from the commands that were sent to it, its answers, and its queue.
 */
export class StartingRuns {
  readonly #options: StartingRunsOptions;
  /** The next run of each trainer, by the trainer's publisher id. */
  readonly #starts = new Map<string, Start>();
  /** The starts that wait at each trainer with a queue, by its publisher id, from its last answer to a command about the queue. */
  readonly #queues = new Map<string, readonly QueuedStart[]>();
  readonly #listeners = new Listeners();

  constructor(options: StartingRunsOptions) {
    const { publishers, idleTrainers } = options;
    this.#options = options;
    publishers.onChange((runId) => this.#notePublisher(runId));
    idleTrainers.onChange(() => this.#noteIdleTrainers());
  }

  /** The runs that trainers are preparing, in the order in which that began. */
  get list(): StartingRun[] {
    const now = performance.now();
    return [...this.#starts.values()]
      .filter(({ expiresAt }) => now < expiresAt)
      .map(({ runId, name }) => ({ runId, name }));
  }

  /** Calls back when the list has changed, except by the passing of time. Returns the function that removes the listener. */
  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Records that a command was sent to a trainer, at any gateway. */
  noteCommand({ command, id, ...given }: Command, publisherId: string): void {
    const starts =
      command === 'start' || (command === 'enqueue' && this.#options.idleTrainers.has(publisherId));
    if (starts && !this.#starts.has(publisherId))
      this.#begin(publisherId, { commandId: id, name: nameOf(given as Pick<QueuedStart, 'data'>) });
  }

  /** Records the answer of a trainer, at any gateway. */
  noteResult(result: CommandResult, publisherId: string): void {
    if (result.ok && result.queue) this.#setQueue(publisherId, result.queue);
    const start = this.#starts.get(publisherId);
    if (start?.commandId !== result.id) return;
    if (!result.ok) return this.#end(publisherId);
    start.isAccepted = true;
    start.expiresAt = this.#expiry();
    start.runId = result.runId ?? null;
    this.#listeners.emit();
  }

  /** Records new events of a run, at any gateway. */
  noteEvents(runId: string, types: readonly EventType[]): void {
    this.#endOf(runId);
    const publisherId = this.#options.publishers.presenceOf(runId)?.publisherId;
    if (publisherId === undefined) return;
    // The id of a start from the queue is not known before.
    if (types.includes('run.started')) this.#end(publisherId);
    if (types.includes('run.finished')) this.#beginQueued(publisherId);
  }

  /** Begins the first start of a trainer's queue, if it has one. */
  #beginQueued(publisherId: string): void {
    const [first, ...others] = this.#queues.get(publisherId) ?? [];
    if (!first) return;
    this.#setQueue(publisherId, others);
    this.#begin(publisherId, { name: nameOf(first) });
  }

  #setQueue(publisherId: string, queue: readonly QueuedStart[]): void {
    if (queue.length > 0) this.#queues.set(publisherId, queue);
    else this.#queues.delete(publisherId);
  }

  #begin(publisherId: string, { commandId, name }: { commandId?: string; name: string | null }): void {
    const isQueued = commandId === undefined;
    this.#starts.set(publisherId, {
      ...{ runId: null, name, commandId, expiresAt: this.#expiry() },
      ...{ isAccepted: isQueued, hasLeft: isQueued },
    });
    this.#listeners.emit();
  }

  #end(publisherId: string): void {
    if (this.#starts.delete(publisherId)) this.#listeners.emit();
  }

  #endOf(runId: string): void {
    for (const [publisherId, start] of this.#starts) if (start.runId === runId) this.#end(publisherId);
  }

  #expiry(): number {
    return performance.now() + this.#options.limits.startingMs;
  }

  /** A publisher that disconnects before its first event does not begin its run. */
  #notePublisher(runId: string): void {
    if (!this.#options.publishers.publisherOf(runId)) this.#endOf(runId);
  }

  /** A trainer that disconnects before it has accepted a start, or is idle again afterwards, begins no run. */
  #noteIdleTrainers(): void {
    for (const [publisherId, start] of this.#starts) {
      const isIdle = this.#options.idleTrainers.has(publisherId);
      if (isIdle ? start.hasLeft : !start.isAccepted) this.#end(publisherId);
      else start.hasLeft ||= !isIdle;
    }
  }
}

const nameOf = ({ data }: Pick<QueuedStart, 'data'>): string | null => data.name ?? null;
