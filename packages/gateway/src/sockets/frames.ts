/** Consecutive messages, each in a frame of its own. */
export interface Frames {
  bytes: Buffer;
  /** The end of each frame in `bytes`. */
  ends: number[];
}

const textFrame = 0x81;

/** Encodes text messages as a server's frames, unfragmented and unmasked (RFC 6455 section 5.2), for any socket. */
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

/** Encodes one text message as a frame. */
export const frameText = (text: string): Buffer => frameTexts([text]).bytes;

const bundleStart = Buffer.from('{"type":"events","events":[');
const bundleEnd = Buffer.from(']}');

/** Encodes the JSON texts in these frames as one message `events` in one frame. */
export function bundleFrames(frames: Buffer): Buffer {
  const texts: Buffer[] = [];
  for (let at = 0; at < frames.length; ) {
    const { start, end } = payloadAt(frames, at);
    texts.push(frames.subarray(start, end));
    at = end;
  }
  const length = texts.reduce(
    (sum, text) => sum + text.length + 1,
    bundleStart.length + bundleEnd.length - 1,
  );
  const bundle = Buffer.allocUnsafe(headerBytes(length) + length);
  let at = writeHeader(bundle, 0, length);
  at += bundleStart.copy(bundle, at);
  for (const [index, text] of texts.entries()) {
    if (index > 0) bundle[at++] = comma;
    at += text.copy(bundle, at);
  }
  bundleEnd.copy(bundle, at);
  return bundle;
}

const comma = 0x2c;

/** Finds the payload of a frame that `frameTexts` encoded. */
function payloadAt(frames: Buffer, at: number): { start: number; end: number } {
  const size = frames[at + 1]!;
  if (size < 126) return { start: at + 2, end: at + 2 + size };
  if (size === 126) return { start: at + 4, end: at + 4 + frames.readUInt16BE(at + 2) };
  return { start: at + 10, end: at + 10 + frames.readUInt32BE(at + 6) };
}

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
