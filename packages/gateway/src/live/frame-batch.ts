import { frameTexts } from '../sockets/frames.ts';
import type { StoredEvent } from '../store/store.ts';
import { batchType, bitOf, type TypeSet } from './type-set.ts';

/** The events of a run that a viewer needs next. */
export interface Selection {
  /** Only events with a greater seq. */
  after: number;
  types: TypeSet;
  /** The lowest seq of the `batch` events to include; other types are included from `after` on. */
  batchesFrom: number;
}

/** Consecutive seqs, both ends included. */
export interface SeqRange {
  first: number;
  last: number;
}

/** The frames of events with consecutive seqs. */
export interface FrameRange extends SeqRange {
  frames: Buffer;
}

/** The next part of a selection, in the order of seq. */
export interface Chunk {
  ranges: readonly FrameRange[];
  /** The seqs whose events are missing from the store, between `after` and `through`, as far as is known. */
  missing?: readonly SeqRange[];
  /** Every selected event up to this seq is in this chunk or an earlier one. */
  through: number;
  /** Whether the store has another stream of the run, or no such run; the chunk is empty then. */
  isReplaced?: boolean;
}

/** The frames of a `FrameBatch` for a viewer that needs only the newest `batch` event. */
export interface NewestFrames {
  frames: Buffer;
  /** Whether the first frame is a `batch` event, so that an unsent `batch` event before it is outdated. */
  beginsWithBatch: boolean;
}

/** Events of a run in the order of seq, encoded as WebSocket frames once for all viewers. */
export class FrameBatch {
  readonly bytes: Buffer;
  /** The types of the events. */
  readonly types: TypeSet;
  readonly first: number;
  readonly last: number;
  /** The seq and the type of each event, and the end of its frame in `bytes`. */
  readonly #seqs: readonly number[];
  readonly #types: readonly TypeSet[];
  readonly #ends: readonly number[];
  readonly #selected = new Map<TypeSet, Buffer>();
  readonly #newest = new Map<TypeSet, NewestFrames>();

  private constructor(
    bytes: Buffer,
    seqs: readonly number[],
    types: readonly TypeSet[],
    ends: readonly number[],
  ) {
    this.bytes = bytes;
    this.first = seqs[0]!;
    this.last = seqs.at(-1)!;
    this.#seqs = seqs;
    this.#types = types;
    this.#ends = ends;
    this.types = types.reduce((set, type) => set | type, 0);
  }

  /**
   * Encodes events.
   * @param events At least one event, in the order of seq.
   */
  static of(events: readonly StoredEvent[]): FrameBatch {
    const { bytes, ends } = frameTexts(events.map(({ json }) => json));
    return new FrameBatch(
      bytes,
      events.map(({ seq }) => seq),
      events.map(({ type }) => bitOf(type)),
      ends,
    );
  }

  /** Returns one batch with the events of this one and the next. */
  join(next: FrameBatch): FrameBatch {
    return new FrameBatch(
      Buffer.concat([this.bytes, next.bytes]),
      [...this.#seqs, ...next.#seqs],
      [...this.#types, ...next.#types],
      [...this.#ends, ...next.#ends.map((end) => this.bytes.length + end)],
    );
  }

  /** Returns the frames of all events of these types. The buffer is shared by all viewers with the same types. */
  select(types: TypeSet): Buffer {
    if ((this.types & ~types) === 0) return this.bytes;
    let selected = this.#selected.get(types);
    if (!selected) {
      const ranges = this.ranges({ after: 0, types, batchesFrom: 0 });
      selected = Buffer.concat(ranges.map(({ frames }) => frames));
      this.#selected.set(types, selected);
    }
    return selected;
  }

  /** Returns the frames of all events of these types, but of successive `batch` events only the last. */
  newest(types: TypeSet): NewestFrames {
    let newest = this.#newest.get(types);
    if (!newest) {
      const selected = [...this.#types.keys()].filter((index) => this.#types[index]! & types);
      const isBatch = (at: number): boolean => this.#types[selected[at]!] === batchType;
      const kept = selected.filter((_index, at) => !(isBatch(at) && isBatch(at + 1)));
      const frames = kept.map((index) => this.#range(index, index + 1).frames);
      newest = { frames: Buffer.concat(frames), beginsWithBatch: isBatch(0) };
      this.#newest.set(types, newest);
    }
    return newest;
  }

  /** Returns the selected events as ranges, without copying their frames. */
  ranges({ after, types, batchesFrom }: Selection): FrameRange[] {
    const ranges: FrameRange[] = [];
    let start: number | undefined;
    this.#seqs.forEach((seq, index) => {
      const type = this.#types[index]!;
      const isSelected = seq > after && (type & types) !== 0 && (type !== batchType || seq >= batchesFrom);
      const follows = start !== undefined && seq === this.#seqs[index - 1]! + 1;
      if (start !== undefined && !(isSelected && follows)) ranges.push(this.#range(start, index));
      if (!isSelected) start = undefined;
      else if (!follows) start = index;
    });
    if (start !== undefined) ranges.push(this.#range(start, this.#seqs.length));
    return ranges;
  }

  /**
   * Returns the ranges of seqs after `after`, up to the last event, that have no event in this batch. The batch must contain events
   * of all types: an event that was left out would count as missing.
   */
  missingAfter(after: number): SeqRange[] {
    return missingSeqs(this.#seqs, after);
  }

  #range(start: number, end: number): FrameRange {
    return {
      first: this.#seqs[start]!,
      last: this.#seqs[end - 1]!,
      frames: this.bytes.subarray(start > 0 ? this.#ends[start - 1] : 0, this.#ends[end - 1]),
    };
  }
}

/**
 * Returns the ranges after `after` that are not in a list of seqs.
 * @param seqs The seqs in ascending order.
 */
export function missingSeqs(seqs: readonly number[], after: number): SeqRange[] {
  const missing: SeqRange[] = [];
  let previous = after;
  for (const seq of seqs) {
    if (seq <= after) continue;
    if (seq > previous + 1) missing.push({ first: previous + 1, last: seq - 1 });
    previous = seq;
  }
  return missing;
}
