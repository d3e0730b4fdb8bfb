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

/**
 * Encodes the JSON texts in these frames as messages `events`, each with as many texts as fit into `maxBytes`. A text
 * that does not fit together with another one stays a message of its own.
 */
export function bundleFrames(frames: Buffer, maxBytes: number): Buffer {
  const bundles: Buffer[] = [];
  let texts: Buffer[] = [];
  let start = 0;
  let length = emptyBundleBytes;
  const finish = (end: number): void => {
    bundles.push(texts.length > 1 ? bundle(texts, length) : frames.subarray(start, end));
    texts = [];
    start = end;
    length = emptyBundleBytes;
  };
  for (let at = 0; at < frames.length; ) {
    const payload = payloadAt(frames, at);
    const text = frames.subarray(payload.start, payload.end);
    if (texts.length > 0 && length + text.length + 1 > maxBytes) finish(at);
    length += text.length + 1;
    texts.push(text);
    at = payload.end;
  }
  if (texts.length > 0) finish(frames.length);
  return bundles.length === 1 ? bundles[0]! : Buffer.concat(bundles);
}

/** Size of a bundle without texts. A comma precedes each text but the first, hence one byte less. */
const emptyBundleBytes = bundleStart.length + bundleEnd.length - 1;

function bundle(texts: readonly Buffer[], length: number): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes(length) + length);
  let at = writeHeader(bytes, 0, length);
  at += bundleStart.copy(bytes, at);
  for (const [index, text] of texts.entries()) {
    if (index > 0) bytes[at++] = comma;
    at += text.copy(bytes, at);
  }
  bundleEnd.copy(bytes, at);
  return bytes;
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
