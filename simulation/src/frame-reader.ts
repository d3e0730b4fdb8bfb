const headerEnd = '\r\n\r\n';
const textOpcode = 1;
const closeOpcode = 8;

/** Reads the text messages of one direction of a WebSocket connection, from the HTTP upgrade on. */
export class FrameReader {
  /** Called with each text, and the number of bytes of the connection up to its end. */
  readonly #onText: (text: string, end: number) => void;
  #isUpgraded = false;
  #head = '';
  /** Whether the other side has refused the upgrade: what follows are no frames. */
  #isRefused = false;
  #bytes: Buffer = Buffer.alloc(0);
  #addedBytes = 0;
  /** Whether a close frame was read. */
  isClosing = false;

  constructor(onText: (text: string, end: number) => void) {
    this.#onText = onText;
  }

  /** The query of the request that opened the connection; empty on the side of the server. */
  get query(): URLSearchParams {
    return new URLSearchParams(/^GET \/\w+\?(\S+) /.exec(this.#head)?.[1]);
  }

  add(bytes: Buffer): void {
    if (this.#isRefused) return;
    this.#addedBytes += bytes.length;
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    if (!this.#isUpgraded) {
      const end = this.#bytes.indexOf(headerEnd);
      if (end < 0) return;
      this.#isUpgraded = true;
      this.#head = this.#bytes.toString('latin1', 0, end);
      this.#isRefused = /^HTTP\/1.1 (?!101)/.test(this.#head);
      if (this.#isRefused) return;
      this.#bytes = this.#bytes.subarray(end + headerEnd.length);
    }
    while (this.#readFrame());
  }

  #readFrame(): boolean {
    const bytes = this.#bytes;
    if (bytes.length < 2) return false;
    const isMasked = (bytes[1]! & 0x80) !== 0;
    const size = bytes[1]! & 0x7f;
    let start = 2;
    let length = size;
    if (size === 126) {
      if (bytes.length < 4) return false;
      length = bytes.readUInt16BE(2);
      start = 4;
    } else if (size === 127) {
      if (bytes.length < 10) return false;
      length = bytes.readUInt32BE(6);
      start = 10;
    }
    const mask = start;
    if (isMasked) start += 4;
    if (bytes.length < start + length) return false;
    let payload = bytes.subarray(start, start + length);
    if (isMasked) {
      payload = Buffer.from(payload);
      for (let i = 0; i < length; i++) payload[i]! ^= bytes[mask + (i & 3)]!;
    }
    this.#bytes = bytes.subarray(start + length);
    const opcode = bytes[0]! & 0x0f;
    if (opcode === closeOpcode) this.isClosing = true;
    if (opcode === textOpcode) this.#onText(payload.toString(), this.#addedBytes - this.#bytes.length);
    return true;
  }
}
