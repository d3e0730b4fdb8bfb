import { join } from 'node:path';
import { decode, eventSchema, type MonitorEvent } from '@mnist-monitor/shared';
import { scalarRecord, versionRecord } from '../export/tensorboard.ts';
import { headerBytes, recordBytes } from '../export/tfrecord.ts';
import { AppendFile } from './append-file.ts';
import type { EventLog } from './event-log.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * The curves of a run for TensorBoard, in the run's folder. The file has a version record, then one record for each `batch` and
 * `epoch` event in the order of the log, so that the number of records determines the event to continue with.
 */
export class TensorboardFile {
  readonly #file: AppendFile;

  /** Opens the file, removes an incomplete record at its end, and adds the events that only the log contains. */
  constructor(folder: RunFolder, log: EventLog) {
    // TensorBoard and similar programs find event files by this prefix.
    this.#file = new AppendFile(join(folder.path, `events.out.tfevents.${log.runId}`));
    const records = this.#countRecords();
    if (records === 0) this.#file.append(versionRecord(new Date()));
    let toSkip = Math.max(0, records - 1);
    for (const text of log.all()) {
      const result = decode(eventSchema, text);
      const record = result.ok ? scalarRecord(result.value) : undefined;
      if (!record) continue;
      if (toSkip > 0) toSkip--;
      else this.#file.append(record);
    }
  }

  /** Adds an event of the log if it is a `batch` or `epoch` event. @throws MonitorError `runs.unwritable` */
  append(event: MonitorEvent): void {
    const record = scalarRecord(event);
    if (record) this.#file.append(record);
  }

  close(): void {
    this.#file.close();
  }

  /** Counts the complete records and removes an incomplete one at the end of the file. */
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
    this.#file.truncate(position);
    return count;
  }
}
