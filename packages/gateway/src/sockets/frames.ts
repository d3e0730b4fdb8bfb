/** Messages one after the other, each in a frame of its own. */
export interface Frames {
  bytes: Buffer;
  /** Where each frame ends in `bytes`. */
  ends: number[];
}

const textFrame = 0x81;

/** Frames text messages as a server sends them, whole and unmasked (RFC 6455 section 5.2), ready for any socket. */
export function frameTexts(texts: readonly string[]): Frames {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headerBytes(length) + length, 0));
  let at = 0;
  const ends = texts.map((text, index) => {
    at = writeHeader(bytes, at, lengths[index]!);
    at += bytes.write(text, at);
    return at;
  });
  return { bytes, ends };
}

/** One text message in its frame. */
export const frameText = (text: string): Buffer => frameTexts([text]).bytes;

function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHeader(bytes: Buffer, at: number, length: number): number {
  bytes[at] = textFrame;
  const size = headerBytes(length);
  if (size === 2) bytes[at + 1] = length;
  else if (size === 4) {
    bytes[at + 1] = 126;
    bytes.writeUInt16BE(length, at + 2);
  } else {
    bytes[at + 1] = 127;
    bytes.writeUInt32BE(0, at + 2);
    bytes.writeUInt32BE(length, at + 6);
  }
  return at + size;
}
