import { frameTexts } from '../sockets/frames.ts';
import type { StoredEvent } from '../store/store.ts';
import { batchType, bitOf, type TypeSet } from './type-set.ts';

/** What a viewer wants next of a run. */
export interface Selection {
  /** Only events that follow this seq. */
  after: number;
  types: TypeSet;
  /** Of `batch` events only those from this seq on. */
  batchesFrom: number;
}

/** Events without a gap between them, as ready frames. */
export interface FrameRange {
  first: number;
  last: number;
  frames: Buffer;
}

/** Some of what is wanted, in order. */
export interface Chunk {
  ranges: readonly FrameRange[];
  /** Everything wanted up to this seq is in this piece or was before it. */
  through: number;
}

/** What a block has for those who want but the newest of its batches. */
export interface NewestFrames {
  frames: Buffer;
  /** Whether the first of them is a batch: one that came before it is stale then. */
  beginsWithBatch: boolean;
}

/** Events of a run in the order of seq, framed once for all who get them. */
export class FrameBatch {
  readonly bytes: Buffer;
  /** The types that occur. */
  readonly types: TypeSet;
  /** Of each event: its seq, its type, and where its frame ends. */
  readonly #seqs: readonly number[];
  readonly #types: readonly TypeSet[];
  readonly #ends: readonly number[];
  readonly #selections = new Map<TypeSet, Buffer>();
  readonly #newest = new Map<TypeSet, NewestFrames>();

  private constructor(
    bytes: Buffer,
    seqs: readonly number[],
    types: readonly TypeSet[],
    ends: readonly number[],
  ) {
    this.bytes = bytes;
    this.#seqs = seqs;
    this.#types = types;
    this.#ends = ends;
    this.types = types.reduce((set, type) => set | type, 0);
  }

  /** @param events At least one. */
  static of(events: readonly StoredEvent[]): FrameBatch {
    const { bytes, ends } = frameTexts(events.map(({ json }) => json));
    return new FrameBatch(
      bytes,
      events.map(({ seq }) => seq),
      events.map(({ type }) => bitOf(type)),
      ends,
    );
  }

  get first(): number {
    return this.#seqs[0]!;
  }

  get last(): number {
    return this.#seqs.at(-1)!;
  }

  /** This block and one that follows it as one. */
  join(next: FrameBatch): FrameBatch {
    return new FrameBatch(
      Buffer.concat([this.bytes, next.bytes]),
      [...this.#seqs, ...next.#seqs],
      [...this.#types, ...next.#types],
      [...this.#ends, ...next.#ends.map((end) => this.bytes.length + end)],
    );
  }

  /** All frames of these types: the same buffer for all who ask for the same. */
  select(types: TypeSet): Buffer {
    if ((this.types & ~types) === 0) return this.bytes;
    let selection = this.#selections.get(types);
    if (!selection) {
      const stretches = this.ranges({ after: 0, types, batchesFrom: 0 });
      selection = Buffer.concat(stretches.map(({ frames }) => frames));
      this.#selections.set(types, selection);
    }
    return selection;
  }

  /** The same, but of batches with no other of these types between them only the last. */
  newest(types: TypeSet): NewestFrames {
    let newest = this.#newest.get(types);
    if (!newest) {
      const wanted = [...this.#types.keys()].filter((index) => this.#types[index]! & types);
      const isBatch = (at: number): boolean => this.#types[wanted[at]!] === batchType;
      const kept = wanted.filter((_index, at) => !(isBatch(at) && isBatch(at + 1)));
      const frames = kept.map((index) => this.#range(index, index + 1).frames);
      newest = { frames: Buffer.concat(frames), beginsWithBatch: isBatch(0) };
      this.#newest.set(types, newest);
    }
    return newest;
  }

  /** What is wanted of this block, not copied. */
  ranges({ after, types, batchesFrom }: Selection): FrameRange[] {
    const stretches: FrameRange[] = [];
    let start: number | undefined;
    this.#seqs.forEach((seq, index) => {
      const type = this.#types[index]!;
      const wanted = seq > after && (type & types) !== 0 && (type !== batchType || seq >= batchesFrom);
      const follows = start !== undefined && seq === this.#seqs[index - 1]! + 1;
      if (start !== undefined && !(wanted && follows)) stretches.push(this.#range(start, index));
      if (!wanted) start = undefined;
      else if (!follows) start = index;
    });
    if (start !== undefined) stretches.push(this.#range(start, this.#seqs.length));
    return stretches;
  }

  #range(start: number, end: number): FrameRange {
    return {
      first: this.#seqs[start]!,
      last: this.#seqs[end - 1]!,
      frames: this.bytes.subarray(start > 0 ? this.#ends[start - 1] : 0, this.#ends[end - 1]),
    };
  }
}
