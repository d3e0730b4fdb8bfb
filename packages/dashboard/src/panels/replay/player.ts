import type { MonitorEvent } from '@mnist-monitor/shared/browser';
import { applyEvent, emptyRun, type Run } from '../../state/run.ts';

/** A silence counts for no more than this: nobody wants to sit through a night in which a run was interrupted. */
const longestSilenceMs = 10_000;

/** Plays the events of a run back in the order and at the pace in which they came, through the same reducer. */
export class Player {
  /** The run as it was at `position`. Another object after a jump back. */
  run: Run;
  /** Seconds since the first event. */
  position = 0;
  /** Seconds from the first event to the last. */
  readonly duration: number;
  readonly #events: readonly MonitorEvent[];
  /** When each event comes, in seconds. */
  readonly #times: Float64Array;
  /** How many events have come. */
  #next = 0;

  /** @param events At least one; all of one run, in the order of seq. */
  constructor(events: readonly MonitorEvent[]) {
    this.#events = events;
    this.#times = playTimes(events);
    this.duration = this.#times.at(-1) ?? 0;
    this.run = this.#begin();
    this.seek(0);
  }

  /** Goes to a position in seconds, forwards or back. */
  seek(position: number): void {
    this.position = Math.min(this.duration, Math.max(0, position));
    if (this.#next > 0 && this.position < (this.#times[this.#next - 1] as number)) {
      this.run = this.#begin();
      this.#next = 0;
    }
    while (this.#next < this.#events.length && (this.#times[this.#next] as number) <= this.position)
      applyEvent(this.run, this.#events[this.#next++] as MonitorEvent);
  }

  get ended(): boolean {
    return this.position >= this.duration;
  }

  #begin(): Run {
    return emptyRun(this.#events[0]?.runId ?? '');
  }
}

function playTimes(events: readonly MonitorEvent[]): Float64Array {
  const times = new Float64Array(events.length);
  let at = 0;
  let before: number | undefined;
  for (const [index, { time }] of events.entries()) {
    const now = Date.parse(time);
    at += Math.min(longestSilenceMs, Math.max(0, now - (before ?? now)));
    before = Math.max(before ?? now, now);
    times[index] = at / 1_000;
  }
  return times;
}
