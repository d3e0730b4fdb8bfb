/**
 * Frames a record in TensorFlow's file format: length (8 bytes), CRC of the length, data, CRC of the data. All
 * numbers are little-endian. Source: tensorflow/core/lib/io/record_writer.h.
 */
export function frameRecord(data: Uint8Array): Buffer {
  const record = Buffer.alloc(headerBytes + data.length + footerBytes);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskCrc(crc32c(record.subarray(0, 8))), 8);
  record.set(data, headerBytes);
  record.writeUInt32LE(maskCrc(crc32c(data)), headerBytes + data.length);
  return record;
}

/** Size of a record's header, which is the length and its CRC, in bytes. */
export const headerBytes = 12;
const footerBytes = 4;

/** Returns the size of the framed record that begins with this header, in bytes; undefined for an invalid header. */
export function recordBytes(header: Buffer): number | undefined {
  if (header.readUInt32LE(8) !== maskCrc(crc32c(header.subarray(0, 8)))) return undefined;
  return headerBytes + Number(header.readBigUInt64LE(0)) + footerBytes;
}

/** Masks a CRC as the format requires: CRCs of data that contains CRCs would be weak (tensorflow/core/lib/hash/crc32c.h). */
const maskCrc = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

/** The Castagnoli polynomial, with reversed bits (RFC 3720, section 12.1). */
const polynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  return crc;
});

/** Computes the CRC-32C of the bytes as an unsigned number. Node's `zlib.crc32` uses another polynomial. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
