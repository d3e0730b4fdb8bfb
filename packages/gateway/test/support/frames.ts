/** Returns the text messages in a server's frames. */
export function unframe(frames: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < frames.length; ) {
    if (frames[at] !== 0x81) throw new Error(`expected a whole text frame, got ${frames[at]}`);
    let length = frames[at + 1]!;
    at += 2;
    if (length === 126) {
      length = frames.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(frames.readBigUInt64BE(at));
      at += 8;
    }
    texts.push(frames.toString('utf8', at, at + length));
    at += length;
  }
  return texts;
}
