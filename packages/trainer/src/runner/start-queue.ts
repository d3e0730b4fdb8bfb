import { eventLimits, MonitorError, type QueuedStart } from '@mnist-monitor/shared';

/** The starts that wait for the end of the current run, in the order in which they will begin. */
export class StartQueue {
  /** Called after a start was added; undefined unless the trainer waits for its next run. */
  onAdded: (() => void) | undefined;
  readonly #starts: QueuedStart[] = [];

  /** The starts that wait, in order. */
  get list(): QueuedStart[] {
    return [...this.#starts];
  }

  /** Adds a start at the end. @throws MonitorError `command.refused` when the queue is full. */
  add(start: QueuedStart): void {
    if (this.#starts.length >= eventLimits.queuedStarts)
      throw refuse(`expected at most ${eventLimits.queuedStarts} starts in the queue, which is full`);
    this.#starts.push(start);
    this.onAdded?.();
  }

  /**
   * Moves a start to a position; a position after the end is the end.
   * @returns The start, and its position.
   * @throws MonitorError `command.refused` when the start does not wait.
   */
  move(queuedId: string, position: number): QueuedStart & { position: number } {
    const start = this.cancel(queuedId);
    this.#starts.splice(position, 0, start);
    return { ...start, position: this.#indexOf(queuedId) };
  }

  /** Removes and returns a start. @throws MonitorError `command.refused` when it does not wait. */
  cancel(queuedId: string): QueuedStart {
    const [start] = this.#starts.splice(this.#indexOf(queuedId), 1);
    return start as QueuedStart;
  }

  /** Removes and returns the first start; undefined when none waits. */
  takeFirst(): QueuedStart | undefined {
    return this.#starts.shift();
  }

  #indexOf(queuedId: string): number {
    const index = this.#starts.findIndex((start) => start.queuedId === queuedId);
    if (index < 0) throw refuse(`expected a start that waits in the queue, got ${queuedId}, which does not`);
    return index;
  }
}

const refuse = (message: string): MonitorError => new MonitorError('command.refused', message);
