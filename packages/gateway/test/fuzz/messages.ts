import { encode, type MonitorEvent } from '@mnist-monitor/shared';
import { type Random, seededRandom } from '@mnist-monitor/shared/random';
import { frame, opcodes } from './raw-socket.ts';

/** Bytes to send to the gateway. */
export interface Attack {
  name: string;
  bytes: Buffer;
  /** Whether the bytes are certainly invalid; otherwise they may happen to be valid. */
  isInvalid: boolean;
}

export type EventPosition = Pick<MonitorEvent, 'runId' | 'seq'>;

export interface AttackerOptions {
  seed: number;
  /** Valid messages, which are changed into invalid ones. */
  valid: readonly object[];
  /** The largest message that the gateway accepts, in bytes. */
  limit: number;
}

/** Generates attacks: invalid bytes, texts, values and frames. */
export class Attacker {
  readonly #options: AttackerOptions;
  readonly #random: Random;
  #position: EventPosition | undefined;

  constructor(options: AttackerOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /**
   * Returns the next attack.
   * @param position The run and seq of the next valid event, so that the message is invalid for another reason.
   */
  next(position?: EventPosition): Attack {
    this.#position = position;
    const kinds = [
      this.#randomText,
      this.#randomBinary,
      this.#flippedBytes,
      this.#strangeValue,
      this.#strangeValue,
      this.#deepNesting,
      this.#fragmented,
      this.#oversized,
      this.#badFrame,
      this.#badControl,
    ];
    return this.#pick(kinds).call(this);
  }

  /** Returns a random whole number from 0, below the bound. */
  below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  #bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  #validText(): string {
    return encode({ ...this.#pick(this.#options.valid), ...this.#position });
  }

  /** No JSON begins with this byte, and no UTF-8 either. */
  #randomText(): Attack {
    const bytes = Buffer.concat([Buffer.from([0xff]), this.#bytes(this.below(200))]);
    return { name: 'text that is not UTF-8', bytes: frame(bytes), isInvalid: true };
  }

  #randomBinary(): Attack {
    const bytes = frame(this.#bytes(this.below(200)), { opcode: opcodes.binary });
    return { name: 'a binary message', bytes, isInvalid: true };
  }

  #flippedBytes(): Attack {
    const bytes = Buffer.from(this.#validText());
    for (let flips = 1 + this.below(8); flips > 0; flips--)
      bytes[this.below(bytes.length)] = 32 + this.below(95);
    return { name: 'a valid message with other letters', bytes: frame(bytes), isInvalid: false };
  }

  /** A valid message in which a strange value replaces another one, at any depth. */
  #strangeValue(): Attack {
    const strange = this.#pick([
      '1e400', '-1e400', '9007199254740993', '1e-400', '-0', '""', 'null', 'true', '[]', '{}', '"NaN"',
      '"\\u0000"', '"\\ud800"', '{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":1}}',
      `"${'x'.repeat(3_000)}"`, `[${'0,'.repeat(1_000)}0]`, '"2026-13-45T99:99:99Z"', '"../../etc/passwd"',
    ]); // biome-ignore format: a list to read across
    const text = this.#validText();
    const values = [...text.matchAll(/:("[^"]*"|-?[\d.]+|true|false|null|\[)/g)];
    const { index, 0: found } = this.#pick(values);
    const end = index + (found.endsWith('[') ? found.length - 1 : found.length);
    const changed = `${text.slice(0, index + 1)}${strange}${text.slice(end)}`;
    return {
      name: `${strange.slice(0, 20)} as a value`,
      bytes: frame(Buffer.from(changed)),
      isInvalid: false,
    };
  }

  #deepNesting(): Attack {
    const depth = Math.min(this.#options.limit, 200_000) >> 1;
    const [open, close] = this.#pick([
      ['[', ']'],
      ['{"a":', '}'],
    ] as const);
    const times = Math.floor(depth / open.length);
    const text = `${open.repeat(times)}${this.below(2) ? `1${close.repeat(times)}` : ''}`;
    return {
      name: 'deep nesting',
      bytes: frame(Buffer.from(text).subarray(0, this.#options.limit)),
      isInvalid: true,
    };
  }

  /** A message in more fragments than the gateway accepts. */
  #fragmented(): Attack {
    const pieces = 17 + this.below(100);
    const middle = frame(Buffer.alloc(0), { opcode: opcodes.continuation, fin: false });
    const first = frame(Buffer.from('{'), { fin: false });
    const last = frame(Buffer.from('}'), { opcode: opcodes.continuation });
    return {
      name: 'too many fragments',
      bytes: Buffer.concat([first, ...Array(pieces).fill(middle), last]),
      isInvalid: true,
    };
  }

  #oversized(): Attack {
    const claimedLength = this.#pick([
      BigInt(this.#options.limit) + 1n,
      2n ** 31n,
      2n ** 53n,
      2n ** 63n - 1n,
    ]);
    return {
      name: `a message of ${claimedLength} bytes`,
      bytes: frame(this.#bytes(50), { claimedLength }),
      isInvalid: true,
    };
  }

  #badFrame(): Attack {
    const payload = this.#bytes(this.below(50));
    const bad = this.#pick([
      { reserved: 1 + this.below(7) },
      { opcode: this.#pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) },
      { masked: false },
      { opcode: opcodes.continuation },
    ]);
    return { name: `a frame with ${JSON.stringify(bad)}`, bytes: frame(payload, bad), isInvalid: true };
  }

  #badControl(): Attack {
    const [payload, options] = this.#pick([
      [this.#bytes(126), { opcode: opcodes.ping }],
      [Buffer.from('a'), { opcode: opcodes.ping, fin: false }],
      [Buffer.from([0]), { opcode: opcodes.close }],
      [Buffer.from([0, 1]), { opcode: opcodes.close }],
      [Buffer.from([0x03, 0xed]), { opcode: opcodes.close }],
      [Buffer.from([0x03, 0xe8, 0xff, 0xfe]), { opcode: opcodes.close }],
    ] as const);
    return {
      name: `a control frame with ${JSON.stringify(options)}`,
      bytes: frame(payload, options),
      isInvalid: true,
    };
  }
}
