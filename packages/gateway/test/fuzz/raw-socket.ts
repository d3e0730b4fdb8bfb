import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** A frame received from the server. */
export interface ServerFrame {
  opcode: number;
  payload: Buffer;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  opcode?: number;
  fin?: boolean;
  /** The three reserved bits. */
  reserved?: number;
  masked?: boolean;
  /** A length to claim instead of the true one. */
  claimedLength?: bigint;
}

/** Encodes a frame as a client sends it (RFC 6455 section 5.2), with the errors that the options describe. */
export function frame(payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = opcodes.text, fin = true, reserved = 0, masked = true, claimedLength } = options;
  const length = claimedLength ?? BigInt(payload.length);
  const short = length < 126n ? Number(length) : length < 65_536n ? 126 : 127;
  const extended = Buffer.alloc(short === 126 ? 2 : short === 127 ? 8 : 0);
  if (short === 126) extended.writeUInt16BE(Number(length));
  if (short === 127) extended.writeBigUInt64BE(length);
  const head = Buffer.from([(fin ? 0x80 : 0) | (reserved << 4) | opcode, (masked ? 0x80 : 0) | short]);
  if (!masked) return Buffer.concat([head, extended, payload]);
  const mask = randomBytes(4);
  const maskedPayload = Buffer.from(payload);
  for (let at = 0; at < maskedPayload.length; at++) maskedPayload[at]! ^= mask[at & 3]!;
  return Buffer.concat([head, extended, mask, maskedPayload]);
}

/** A minimal WebSocket client that can send any bytes. */
export class RawSocket {
  readonly frames: ServerFrame[] = [];
  /** Resolves when the TCP connection is closed. */
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  #unread = Buffer.alloc(0);
  #wake = (): void => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.ended = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('close', () => this.#wake());
    socket.on('error', () => {});
  }

  /** Connects and upgrades. */
  static async open(url: string): Promise<RawSocket> {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    const raw = new RawSocket(socket);
    socket.setNoDelay(true);
    socket.write(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    await raw.#upgraded();
    return raw;
  }

  send(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Resolves when the server has read everything sent so far (it answers a ping), or has closed the connection. */
  async settled(): Promise<void> {
    const before = this.#count(opcodes.pong);
    this.send(frame(Buffer.from('settled'), { opcode: opcodes.ping }));
    while (this.#count(opcodes.pong) === before && !this.closeCode && !this.#socket.closed)
      await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** The code of the server's close frame; undefined until it arrives. */
  get closeCode(): number | undefined {
    const close = this.frames.find(({ opcode }) => opcode === opcodes.close);
    return close && (close.payload.length >= 2 ? close.payload.readUInt16BE() : 1005);
  }

  get texts(): string[] {
    return this.frames.filter(({ opcode }) => opcode === opcodes.text).map(({ payload }) => String(payload));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #count(wanted: number): number {
    return this.frames.filter(({ opcode }) => opcode === wanted).length;
  }

  #upgraded(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.on('close', () => reject(new Error('expected an upgrade, got a closed connection')));
      let upgraded = false;
      this.#socket.on('data', (data) => {
        this.#unread = Buffer.concat([this.#unread, data]);
        const end = this.#unread.indexOf('\r\n\r\n');
        if (!upgraded && end < 0) return;
        if (!upgraded) {
          const status = this.#unread.toString('latin1', 9, 12);
          if (status !== '101') return reject(new Error(`expected an upgrade, got status ${status}`));
          this.#unread = this.#unread.subarray(end + 4);
          upgraded = true;
          resolve();
        }
        this.#readFrames();
        this.#wake();
      });
    });
  }

  #readFrames(): void {
    for (;;) {
      const unread = this.#unread;
      if (unread.length < 2) return;
      const short = unread[1]! & 0x7f;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (unread.length < start) return;
      const length =
        short === 126 ? unread.readUInt16BE(2) : short === 127 ? Number(unread.readBigUInt64BE(2)) : short;
      if (unread.length < start + length) return;
      this.frames.push({ opcode: unread[0]! & 0x0f, payload: unread.subarray(start, start + length) });
      this.#unread = unread.subarray(start + length);
    }
  }
}
