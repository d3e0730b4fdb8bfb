import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type EventBody, encode, type MonitorEvent } from '@mnist-monitor/shared';
import { type RunFolder, unwritable } from './run-folder.ts';

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
const newline = 10;

/**
 * Every event of a run, in order, in `events.jsonl`. Gives the events their numbers and times; each is in the file
 * when `append` returns, so that whatever memory does not hold can be read back.
 */
export class EventLog {
  readonly runId: string;
  readonly #path: string;
  readonly #file: number;
  readonly #now: () => Date;
  readonly #memoryLimit: number;
  readonly #newest: LogEntry[] = [];
  /** Byte positions of the events 1, 257, 513 … */
  readonly #index: number[] = [];
  #bytes = 0;
  #lastSeq = 0;

  /** Goes on behind the events that the file has already; an event cut short by a crash is taken away. */
  constructor({ runId, folder, memoryLimit = 1_000, now = () => new Date() }: EventLogOptions) {
    this.runId = runId;
    this.#memoryLimit = memoryLimit;
    this.#now = now;
    this.#path = join(folder.path, 'events.jsonl');
    this.#file = openSync(this.#path, 'a+');
    this.#findEvents();
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  #findEvents(): void {
    const buffer = Buffer.alloc(readBytes);
    let position = 0;
    for (let read = readSync(this.#file, buffer, 0, readBytes, 0); read > 0; ) {
      for (
        let end = buffer.indexOf(newline);
        end >= 0 && end < read;
        end = buffer.indexOf(newline, end + 1)
      ) {
        if (this.#lastSeq % indexEvery === 0) this.#index.push(this.#bytes);
        this.#lastSeq++;
        this.#bytes = position + end + 1;
      }
      position += read;
      read = readSync(this.#file, buffer, 0, readBytes, position);
    }
    if (position > this.#bytes) ftruncateSync(this.#file, this.#bytes);
  }

  /** Numbers the event, writes it down and returns it. */
  append(body: EventBody): MonitorEvent {
    const seq = this.#lastSeq + 1;
    const event = { v: 1, runId: this.runId, seq, time: this.#now().toISOString(), ...body } as MonitorEvent;
    const text = encode(event);
    const line = Buffer.from(`${text}\n`);
    this.#write(line);
    if (seq % indexEvery === 1) this.#index.push(this.#bytes);
    this.#bytes += line.length;
    this.#lastSeq = seq;
    this.#newest.push({ seq, text });
    if (this.#newest.length > this.#memoryLimit) this.#newest.shift();
    return event;
  }

  /** @throws MonitorError `runs.unwritable`, with what was written of the line taken away. */
  #write(line: Buffer): void {
    try {
      for (let written = 0; written < line.length; ) written += writeSync(this.#file, line, written);
    } catch (cause) {
      ftruncateSync(this.#file, this.#bytes);
      throw unwritable(this.#path, cause);
    }
  }

  /** Up to `limit` events that follow `after`, oldest first. */
  read(after: number, limit: number): LogEntry[] {
    const first = this.#newest[0]?.seq ?? this.#lastSeq + 1;
    if (after + 1 >= first) return this.#newest.slice(after + 1 - first, after + 1 - first + limit);
    return this.#readFile(after, Math.min(limit, this.#lastSeq - after));
  }

  #readFile(after: number, limit: number): LogEntry[] {
    const block = Math.floor(after / indexEvery);
    let seq = block * indexEvery;
    let position = this.#index[block];
    let rest = Buffer.alloc(0);
    const entries: LogEntry[] = [];
    const buffer = Buffer.alloc(readBytes);
    while (entries.length < limit) {
      const read = readSync(this.#file, buffer, 0, buffer.length, position);
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
    closeSync(this.#file);
  }
}
