import type { MonitorEvent } from '@mnist-monitor/shared/browser';
import { applyEvent, emptyRun, type Run } from '../../state/run.ts';

/** Maximum pause between two events: longer ones are shortened, since a run may have been interrupted for a night. */
const maxPauseMs = 10_000;

/** Plays back the events of a run at the pace in which they happened, through the reducer of the live feed. */
export class Player {
  /** The run as it was at `position`; replaced by a new object when seeking backwards. */
  run: Run;
  /** Seconds since the first event. */
  position = 0;
  /** Seconds from the first event to the last. */
  readonly duration: number;
  readonly #events: readonly MonitorEvent[];
  /** Time of each event in seconds since the first. */
  readonly #times: Float64Array;
  /** Number of events applied so far. */
  #next = 0;

  /** @param events All events of one run, ordered by `seq`; at least one. */
  constructor(events: readonly MonitorEvent[]) {
    this.#events = events;
    this.#times = playTimes(events);
    this.duration = this.#times.at(-1) ?? 0;
    this.run = this.#emptyRun();
    this.seek(0);
  }

  /** Moves to a position in seconds, forwards or backwards. Moving backwards applies all events again from the first. */
  seek(position: number): void {
    this.position = Math.min(this.duration, Math.max(0, position));
    if (this.#next > 0 && this.position < (this.#times[this.#next - 1] as number)) {
      this.run = this.#emptyRun();
      this.#next = 0;
    }
    while (this.#next < this.#events.length && (this.#times[this.#next] as number) <= this.position)
      applyEvent(this.run, this.#events[this.#next++] as MonitorEvent);
  }

  get ended(): boolean {
    return this.position >= this.duration;
  }

  #emptyRun(): Run {
    return emptyRun(this.#events[0]?.runId ?? '');
  }
}

function playTimes(events: readonly MonitorEvent[]): Float64Array {
  const times = new Float64Array(events.length);
  let elapsedMs = 0;
  let latest: number | undefined;
  for (const [index, { time }] of events.entries()) {
    const now = Date.parse(time);
    elapsedMs += Math.min(maxPauseMs, Math.max(0, now - (latest ?? now)));
    latest = Math.max(latest ?? now, now);
    times[index] = elapsedMs / 1_000;
  }
  return times;
}
