import { join } from 'node:path';
import { encode, type MonitorEvent, runFiles } from '@mnist-monitor/shared';
import type { EventBody } from '../event-data.ts';
import { AppendFile } from './append-file.ts';
import type { RunFolder } from './run-folder.ts';

/** Options of `EventLog`. */
export interface EventLogOptions {
  runId: string;
  folder: RunFolder;
  /** Number of the newest events kept in memory; older ones are read from the file. */
  memoryLimit?: number;
  now?: () => Date;
}

/** Number of events between two entries of the index. A read begins at an entry, so it skips fewer events than this. */
const indexInterval = 256;
/** Bytes read from the file at once. */
const readBytes = 256 * 1024;
/** Events read at once by `all`. */
const pageSize = 1_000;
const newline = 10;

/**
 * All events of a run in order, one JSON text a line, in `events.jsonl`. The log assigns each event its seq and time, and
 * `append` returns when the event is in the file, so that any event can be read again.
 */
export class EventLog {
  readonly runId: string;
  readonly #file: AppendFile;
  readonly #now: () => Date;
  readonly #memoryLimit: number;
  /** JSON texts of the newest events; the last one has the seq `lastSeq`. */
  readonly #newest: string[] = [];
  /** Byte positions in the file of the events 1, 257, 513 … */
  readonly #index: number[] = [];
  #lastSeq = 0;

  /**
   * Opens the log of a new or existing run. An event that a crash left incomplete at the end of the file is removed.
   * @throws MonitorError `runs.unwritable`
   */
  constructor({ runId, folder, memoryLimit = 1_000, now = () => new Date() }: EventLogOptions) {
    this.runId = runId;
    this.#memoryLimit = memoryLimit;
    this.#now = now;
    this.#file = new AppendFile(join(folder.path, runFiles.events));
    this.#indexFile();
  }

  /** Seq of the newest event; 0 while the log is empty. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Path of the file. */
  get path(): string {
    return this.#file.path;
  }

  /** Whether the file is still at its path and contains every event. */
  get isInPlace(): boolean {
    return this.#file.isInPlace;
  }

  /** Adds an event and returns it with seq and time. @throws MonitorError `runs.unwritable` */
  append(body: EventBody): MonitorEvent {
    const seq = this.#lastSeq + 1;
    const event = { v: 1, runId: this.runId, seq, time: this.#now().toISOString(), ...body } as MonitorEvent;
    const text = encode(event);
    const start = this.#file.bytes;
    this.#file.append(Buffer.from(`${text}\n`));
    if (seq % indexInterval === 1) this.#index.push(start);
    this.#lastSeq = seq;
    this.#newest.push(text);
    if (this.#newest.length > this.#memoryLimit) this.#newest.shift();
    return event;
  }

  /** Returns the JSON texts of at most `limit` events after the seq `after`, oldest first. */
  read(after: number, limit: number): string[] {
    const from = after - (this.#lastSeq - this.#newest.length);
    if (from >= 0) return this.#newest.slice(from, from + limit);
    return this.#readFile(after, Math.min(limit, this.#lastSeq - after));
  }

  /** Iterates over the JSON texts of all events, oldest first. */
  *all(): Generator<string> {
    for (let after = 0; after < this.#lastSeq; after += pageSize) yield* this.read(after, pageSize);
  }

  close(): void {
    this.#file.close();
  }

  /** Counts the events in the file and builds the index; removes an incomplete event at the end. */
  #indexFile(): void {
    const buffer = Buffer.alloc(readBytes);
    let position = 0;
    let eventStart = 0;
    for (let read = this.#file.read(buffer, 0); read > 0; read = this.#file.read(buffer, position)) {
      for (
        let end = buffer.indexOf(newline);
        end >= 0 && end < read;
        end = buffer.indexOf(newline, end + 1)
      ) {
        if (this.#lastSeq % indexInterval === 0) this.#index.push(eventStart);
        this.#lastSeq++;
        eventStart = position + end + 1;
      }
      position += read;
    }
    this.#file.truncate(eventStart);
  }

  #readFile(after: number, limit: number): string[] {
    const block = Math.floor(after / indexInterval);
    let seq = block * indexInterval;
    let position = this.#index[block]!;
    let rest = Buffer.alloc(0);
    const texts: string[] = [];
    const buffer = Buffer.alloc(readBytes);
    while (texts.length < limit) {
      const read = this.#file.read(buffer, position);
      if (read === 0)
        throw new Error(`events.jsonl of run ${this.runId} is shorter than what was written to it`);
      position += read;
      rest = Buffer.concat([rest, buffer.subarray(0, read)]);
      for (let end = rest.indexOf(newline); end >= 0 && texts.length < limit; end = rest.indexOf(newline)) {
        seq++;
        if (seq > after) texts.push(rest.toString('utf8', 0, end));
        rest = rest.subarray(end + 1);
      }
    }
    return texts;
  }
}
