import { encode, type LiveControl } from '@mnist-monitor/shared';
import { bundleFrames, frameText } from '../sockets/frames.ts';
import type { Channel } from './channel.ts';
import type { Chunk, FrameBatch, FrameRange, Selection } from './frame-batch.ts';
import { batchType, type TypeSet } from './type-set.ts';

export interface CursorOptions {
  channel: Channel;
  /** Begins after this seq. */
  after: number;
  types: TypeSet;
  /** Whether the viewer is told which batches it does not get. */
  reportsGaps: boolean;
  /** Whether what was read is sent as bundles of events. */
  bundles?: boolean;
}

const nothing = Buffer.alloc(0);

/** Where a viewer stands in a run: turns what comes next into what is sent to it. */
export class Cursor {
  readonly channel: Channel;
  readonly #types: TypeSet;
  readonly #reportsGaps: boolean;
  readonly #bundles: boolean;
  /** Everything wanted up to here was sent or skipped. */
  #seq: number;
  /** The viewer knows of everything wanted up to here: what was skipped by then has been told. */
  #reportedSeq: number;
  /** Batches before this one are skipped. */
  #batchesFrom = 0;

  constructor({ channel, after, types, reportsGaps: tellsGaps, bundles = false }: CursorOptions) {
    this.channel = channel;
    this.#types = types;
    this.#reportsGaps = tellsGaps && (types & batchType) !== 0;
    this.#bundles = bundles;
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

  /** Skips every batch that was published so far and is not sent yet, except the newest. */
  skipStaleBatches(): void {
    this.#batchesFrom = this.channel.newestBatchSeq;
  }

  /** Moves on over a block that was just published. Returns what to send; undefined when something comes before it. */
  passLive(block: FrameBatch): Buffer | undefined {
    if (block.last <= this.#seq) return nothing;
    if (block.first !== this.#seq + 1) return undefined;
    this.moveTo(block.last);
    return block.select(this.#types);
  }

  /** Moves on over what was sent otherwise. */
  moveTo(seq: number): void {
    this.#seq = this.#reportedSeq = seq;
  }

  /** Moves on over a piece that was read. Returns what to send. */
  advance({ ranges: stretches, through }: Chunk): Buffer {
    const frames = stretches.flatMap((stretch) => {
      const gap = this.#gapBefore(stretch);
      this.#reportedSeq = stretch.last;
      const events =
        this.#bundles && stretch.last > stretch.first ? bundleFrames(stretch.frames) : stretch.frames;
      return gap ? [frameText(encode(gap)), events] : [events];
    });
    this.#seq = through;
    if (through >= this.#batchesFrom) this.#reportedSeq = through;
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  }

  #gapBefore({ first }: FrameRange): LiveControl | undefined {
    const [from, to] = [this.#reportedSeq + 1, Math.min(first, this.#batchesFrom) - 1];
    return this.#reportsGaps && from <= to ? { type: 'gap', from, to } : undefined;
  }
}
