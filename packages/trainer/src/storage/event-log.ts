import { join } from 'node:path';
import { type EventBody, encode, type MonitorEvent } from '@mnist-monitor/shared';
import { AppendFile } from './append-file.ts';
import type { RunFolder } from './run-folder.ts';

/** An event as it is sent and stored. */
export interface LogEntry {
  seq: number;
  text: string;
}

export interface EventLogOptions {
  runId: string;
  folder: RunFolder;
  /** How many of the newest events are kept in memory; older ones are read back from the file. */
  memoryLimit?: number;
  now?: () => Date;
}

/** The file remembers where every so-many-th event begins. */
const indexEvery = 256;
const readBytes = 256 * 1024;
const pageSize = 1_000;
const newline = 10;

/**
 * Every event of a run, in order, in `events.jsonl`. Gives the events their numbers and times; each is in the file
 * when `append` returns, so that whatever memory does not hold can be read back.
 */
export class EventLog {
  readonly runId: string;
  readonly #file: AppendFile;
  readonly #now: () => Date;
  readonly #memoryLimit: number;
  readonly #newest: LogEntry[] = [];
  /** Byte positions of the events 1, 257, 513 … */
  readonly #index: number[] = [];
  #lastSeq = 0;

  /** Goes on after the events that the file has already; an event cut short by a crash is taken away. */
  constructor({ runId, folder, memoryLimit = 1_000, now = () => new Date() }: EventLogOptions) {
    this.runId = runId;
    this.#memoryLimit = memoryLimit;
    this.#now = now;
    this.#file = new AppendFile(join(folder.path, 'events.jsonl'));
    this.#findEvents();
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  #findEvents(): void {
    const buffer = Buffer.alloc(readBytes);
    let position = 0;
    /** Where the event that is being read begins. */
    let start = 0;
    for (let read = this.#file.read(buffer, 0); read > 0; read = this.#file.read(buffer, position)) {
      for (
        let end = buffer.indexOf(newline);
        end >= 0 && end < read;
        end = buffer.indexOf(newline, end + 1)
      ) {
        if (this.#lastSeq % indexEvery === 0) this.#index.push(start);
        this.#lastSeq++;
        start = position + end + 1;
      }
      position += read;
    }
    this.#file.cutTo(start);
  }

  /** Numbers the event, writes it down and returns it. @throws MonitorError `runs.unwritable` */
  append(body: EventBody): MonitorEvent {
    const seq = this.#lastSeq + 1;
    const event = { v: 1, runId: this.runId, seq, time: this.#now().toISOString(), ...body } as MonitorEvent;
    const text = encode(event);
    const start = this.#file.bytes;
    this.#file.append(Buffer.from(`${text}\n`));
    if (seq % indexEvery === 1) this.#index.push(start);
    this.#lastSeq = seq;
    this.#newest.push({ seq, text });
    if (this.#newest.length > this.#memoryLimit) this.#newest.shift();
    return event;
  }

  /** Up to `limit` events that follow `after`, oldest first. */
  read(after: number, limit: number): LogEntry[] {
    const first = this.#newest[0]?.seq ?? this.#lastSeq + 1;
    if (after + 1 >= first) return this.#newest.slice(after + 1 - first, after + 1 - first + limit);
    return this.#readFile(after, Math.min(limit, this.#lastSeq - after));
  }

  /** Every event that there is, oldest first. */
  *all(): Generator<LogEntry> {
    for (let after = 0; after < this.#lastSeq; after += pageSize) yield* this.read(after, pageSize);
  }

  #readFile(after: number, limit: number): LogEntry[] {
    const block = Math.floor(after / indexEvery);
    let seq = block * indexEvery;
    let position = this.#index[block]!;
    let rest = Buffer.alloc(0);
    const entries: LogEntry[] = [];
    const buffer = Buffer.alloc(readBytes);
    while (entries.length < limit) {
      const read = this.#file.read(buffer, position);
      if (read === 0)
        throw new Error(`events.jsonl of run ${this.runId} is shorter than what was written to it`);
      position += read;
      rest = Buffer.concat([rest, buffer.subarray(0, read)]);
      for (let end = rest.indexOf(newline); end >= 0 && entries.length < limit; end = rest.indexOf(newline)) {
        seq++;
        if (seq > after) entries.push({ seq, text: rest.toString('utf8', 0, end) });
        rest = rest.subarray(end + 1);
      }
    }
    return entries;
  }

  close(): void {
    this.#file.close();
  }
}
