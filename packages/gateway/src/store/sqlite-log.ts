import { readFileSync } from 'node:fs';

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The first word of a log whose checksums read words in big-endian order; one less for little-endian order. */
const bigEndianMagic = 0x377f0683;

/**
 * Returns why SQLite will ignore the end of a database's log; undefined when it will use the whole log. SQLite reads the
 * log up to the first frame with a wrong checksum and ignores the rest without an error
 * (https://sqlite.org/fileformat2.html#the_write_ahead_log). A transaction that a power cut interrupted looks like
 * damage too, but was never acknowledged.
 */
export function findLogDamage(databasePath: string): string | undefined {
  const log = readLog(`${databasePath}-wal`);
  if (!log || log.length === 0) return undefined;
  if (log.length < headerBytes || (log.readUInt32BE(0) & ~1) !== (bigEndianMagic & ~1))
    return `the log ${databasePath}-wal has no valid header, so none of its ${log.length} bytes can be used`;
  const frameBytes = frameHeaderBytes + log.readUInt32BE(8);
  const valid = validEnd(log, frameBytes);
  // Frames with another salt were written back into the database earlier, so ignoring them loses nothing.
  const isCurrent = (at: number): boolean => log.compare(log, 16, 24, at + 8, at + 16) === 0;
  let dropped = 0;
  for (let at = valid; at + frameHeaderBytes <= log.length; at += frameBytes) if (isCurrent(at)) dropped++;
  if (dropped === 0) return undefined;
  return `the log ${databasePath}-wal is damaged or incomplete from byte ${valid} on: ${dropped} pages of its last transactions cannot be used. Events in them are lost unless a power cut or a full disk interrupted their write`;
}

/** Returns the end of the last frame before the first one with a wrong checksum. */
function validEnd(log: Buffer, frameBytes: number): number {
  const isBigEndian = log.readUInt32BE(0) === bigEndianMagic;
  const sum = new Checksum(log, isBigEndian);
  sum.add(0, 24);
  if (!sum.equals(24)) return headerBytes;
  let at = headerBytes;
  for (; at + frameBytes <= log.length; at += frameBytes) {
    sum.add(at, at + 8);
    sum.add(at + frameHeaderBytes, at + frameBytes);
    if (log.compare(log, 16, 24, at + 8, at + 16) !== 0 || !sum.equals(at + 16)) break;
  }
  return at;
}

/** Computes SQLite's running checksum of a log: two sums of 32-bit words. */
class Checksum {
  readonly #log: DataView;
  readonly #isLittleEndian: boolean;
  #first = 0;
  #second = 0;

  constructor(log: Buffer, isBigEndian: boolean) {
    this.#log = new DataView(log.buffer, log.byteOffset, log.length);
    this.#isLittleEndian = !isBigEndian;
  }

  add(start: number, end: number): void {
    for (let at = start; at < end; at += 8) {
      this.#first = (this.#first + this.#log.getUint32(at, this.#isLittleEndian) + this.#second) >>> 0;
      this.#second = (this.#second + this.#log.getUint32(at + 4, this.#isLittleEndian) + this.#first) >>> 0;
    }
  }

  /** Returns whether the checksum stored at an offset, always in big-endian order, equals the current one. */
  equals(at: number): boolean {
    return this.#log.getUint32(at) === this.#first && this.#log.getUint32(at + 4) === this.#second;
  }
}

function readLog(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    // Opening the database reports a log that cannot be read.
    return undefined;
  }
}
