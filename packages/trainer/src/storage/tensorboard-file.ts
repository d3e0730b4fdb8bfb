import { join } from 'node:path';
import { decode, eventSchema, type MonitorEvent } from '@mnist-monitor/shared';
import { scalarRecord, versionRecord } from '../export/tensorboard.ts';
import { headerBytes, recordBytes } from '../export/tfrecord.ts';
import { AppendFile } from './append-file.ts';
import type { EventLog } from './event-log.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * The curves of a run for TensorBoard, in the run's folder: a record for each event that has something to draw, in the
 * order of the log, so that the number of records tells how far the file has come.
 */
export class TensorboardFile {
  readonly #file: AppendFile;

  /** Goes on after what the file has: a record cut short is taken away, and what the log has beyond is added. */
  constructor(folder: RunFolder, log: EventLog) {
    // TensorBoard and its like look for names that begin so.
    this.#file = new AppendFile(join(folder.path, `events.out.tfevents.${log.runId}`));
    let records = this.#countRecords();
    if (records === 0) this.#file.append(versionRecord(new Date()));
    else records--;
    for (const { text } of log.all()) {
      const result = decode(eventSchema, text);
      const record = result.ok ? scalarRecord(result.value) : undefined;
      if (record && records-- <= 0) this.#file.append(record);
    }
  }

  /** Writes down an event that the log has. @throws MonitorError `runs.unwritable` */
  append(event: MonitorEvent): void {
    const record = scalarRecord(event);
    if (record) this.#file.append(record);
  }

  close(): void {
    this.#file.close();
  }

  #countRecords(): number {
    const header = Buffer.alloc(headerBytes);
    let count = 0;
    let position = 0;
    while (this.#file.read(header, position) === headerBytes) {
      const end = position + (recordBytes(header) ?? Number.POSITIVE_INFINITY);
      if (end > this.#file.bytes) break;
      position = end;
      count++;
    }
    this.#file.cutTo(position);
    return count;
  }
}
