import { encode, type LiveControl } from '@mnist-monitor/shared';
import { bundleFrames, frameText } from '../sockets/frames.ts';
import type { Channel } from './channel.ts';
import type { Chunk, FrameBatch, Selection, SeqRange } from './frame-batch.ts';
import { batchType, type TypeSet } from './type-set.ts';

export interface CursorOptions {
  channel: Channel;
  /** The viewer has every event up to this seq. */
  after: number;
  types: TypeSet;
  /** Whether the viewer gets a `gap` message for skipped `batch` events. */
  reportsGaps: boolean;
  /** The maximum size of a message into which past events are bundled; without it, events are not bundled. */
  bundleBytes?: number | undefined;
}

const noFrames = Buffer.alloc(0);

/** Keeps a viewer's position in a run, and turns the next events into the frames to send. */
export class Cursor {
  readonly channel: Channel;
  readonly #types: TypeSet;
  readonly #reportsGaps: boolean;
  readonly #bundleBytes: number | undefined;
  /** Every selected event up to this seq was sent or skipped. */
  #seq: number;
  /** Every selected event up to this seq was sent, or reported as skipped. */
  #reportedSeq: number;
  /** `batch` events below this seq are skipped. */
  #batchesFrom = 0;

  constructor({ channel, after, types, reportsGaps, bundleBytes }: CursorOptions) {
    this.channel = channel;
    this.#types = types;
    this.#reportsGaps = reportsGaps && (types & batchType) !== 0;
    this.#bundleBytes = bundleBytes;
    this.#seq = this.#reportedSeq = after;
  }

  get seq(): number {
    return this.#seq;
  }

  get isBehind(): boolean {
    return this.#seq < this.channel.lastSeq;
  }

  get selection(): Selection {
    return { after: this.#seq, types: this.#types, batchesFrom: this.#batchesFrom };
  }

  /** Skips every unsent `batch` event that has been published, except the newest. */
  skipStaleBatches(): void {
    this.#batchesFrom = this.channel.newestBatchSeq;
  }

  /**
   * Moves past events that were just published. Returns the frames to send: empty when the viewer has the events already or
   * selects none of them; undefined when earlier events are still unsent.
   */
  passLive(events: FrameBatch): Buffer | undefined {
    if (events.last <= this.#seq) return noFrames;
    if (events.first !== this.#seq + 1) return undefined;
    this.moveTo(events.last);
    return events.select(this.#types);
  }

  /** Moves to a seq after the caller has sent everything up to it. */
  moveTo(seq: number): void {
    this.#seq = this.#reportedSeq = seq;
  }

  /**
   * Moves past all published events when those after the position are missing from the store. Returns the `gap` frame that reports
   * the missing events.
   */
  skipMissing(): Buffer {
    const gap = { first: this.#reportedSeq + 1, last: this.channel.lastSeq };
    this.moveTo(gap.last);
    return gapFrame(gap);
  }

  /** Moves past a chunk. Returns the frames to send: its events, and `gap` messages for skipped and missing events. */
  advance({ ranges, missing = [], through }: Chunk): Buffer {
    const parts = missing.length === 0 ? ranges : [...ranges, ...missing].sort((a, b) => a.first - b.first);
    const frames = parts.flatMap((part) => {
      const gap = this.#gapBefore(part);
      this.#reportedSeq = part.last;
      const frames = 'frames' in part ? part.frames : gapFrame(part);
      const events = this.#bundleBytes === undefined ? frames : bundleFrames(frames, this.#bundleBytes);
      return gap ? [gapFrame(gap), events] : [events];
    });
    this.#seq = through;
    if (through >= this.#batchesFrom) this.#reportedSeq = through;
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  }

  #gapBefore(part: SeqRange): SeqRange | undefined {
    const [first, last] = [this.#reportedSeq + 1, Math.min(part.first, this.#batchesFrom) - 1];
    return this.#reportsGaps && first <= last ? { first, last } : undefined;
  }
}

function gapFrame({ first, last }: SeqRange): Buffer {
  const gap: LiveControl = { type: 'gap', from: first, to: last };
  return frameText(encode(gap));
}
