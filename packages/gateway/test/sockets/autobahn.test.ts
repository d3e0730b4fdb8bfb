import { expect, test } from '@jest/globals';
import { type CloseCodeName, closeCodes } from '@mnist-monitor/shared';
import { limits } from '../../src/limits.ts';
import { type FrameOptions, frame, opcodes, RawSocket } from '../fuzz/raw-socket.ts';
import { startGateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

// The cases of the Autobahn WebSocket test suite 0.8 for servers, by its numbers. Its own program needs Python 2, and a server that
// echoes. Here, `read` stands for its echo: the message reaches the application, which closes the connection because it is none of
// the protocol's messages. Left out are 9.7 and 9.8 (durations), and 12 and 13 (compression, which the gateway does not offer).

/** The end of a case: pings that are answered, with the connection still open, or the code with which the gateway closes. */
type Outcome = { pongs: readonly Buffer[] } | { code: number };

interface Case {
  bytes: Buffer;
  outcome: Outcome;
  /** The size of a large message: a port with a smaller limit closes the connection because of it. */
  messageBytes?: number;
  /** Sends the bytes in up to a thousand pieces, single bytes of a short message. */
  isChopped?: boolean;
}

const closedAs = (name: CloseCodeName): Outcome => ({ code: closeCodes[name].code });
const read = closedAs('invalid');
const failed = closedAs('protocolError');
const notUtf8 = closedAs('notUtf8');
const stillOpen: Outcome = { pongs: [] };

const { text, binary, continuation, close, ping, pong } = opcodes;
const bytesOf = (value: string | number[]): Buffer =>
  typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
const stars = (length: number): Buffer => Buffer.alloc(length, '*');
const of = (opcode: number, payload: string | number[] | Buffer = '', options: FrameOptions = {}): Buffer =>
  frame(Buffer.isBuffer(payload) ? payload : bytesOf(payload), { opcode, ...options });
/** A frame after which more of its message follows. */
const part = (opcode: number, payload: string | number[] | Buffer = ''): Buffer =>
  of(opcode, payload, { fin: false });
const joined = (...frames: Buffer[]): Buffer => Buffer.concat(frames);
/** A text message that is sent in frames of this many bytes. */
const inParts = (payload: Buffer, size: number): Buffer =>
  joined(
    ...Array.from({ length: Math.ceil(payload.length / size) }, (_, at) =>
      frame(payload.subarray(at * size, (at + 1) * size), {
        opcode: at === 0 ? text : continuation,
        fin: (at + 1) * size >= payload.length,
      }),
    ),
  );
const closing = (code: number, reason: string | number[] | Buffer = ''): Buffer =>
  of(close, joined(bytesOf([code >> 8, code & 0xff]), Buffer.isBuffer(reason) ? reason : bytesOf(reason)));
/** Returns cases with the numbers `prefix.1`, `prefix.2` and so on. */
const numbered = <Value>(
  prefix: string,
  values: readonly Value[],
  make: (value: Value) => Case,
): [string, Case][] => values.map((value, at) => [`${prefix}.${at + 1}`, make(value)]);

const sizes = [0, 125, 126, 127, 128, 65_535, 65_536];
const allBytes = Buffer.from(Array.from({ length: 125 }, (_, byte) => byte));
const tenPings = Array.from({ length: 10 }, (_, index) => Buffer.from(`payload-${index}`));
const kosme = 'κόσμε';
const kosmeBytes = [...Buffer.from(kosme)];

/** A whole message of this many stars. */
const message = (opcode: number, size: number): Case => ({
  bytes: of(opcode, stars(size)),
  outcome: read,
  messageBytes: size,
});

const framing: [string, Case][] = [
  ...numbered('1.1', sizes, (size) => message(text, size)),
  ['1.1.8', { ...message(text, 65_536), isChopped: true }],
  ...numbered('1.2', sizes, (size) => message(binary, size)),
  ['1.2.8', { ...message(binary, 65_536), isChopped: true }],
];

const pingsAndPongs: [string, Case][] = [
  ['2.1', { bytes: of(ping), outcome: { pongs: [Buffer.alloc(0)] } }],
  ['2.2', { bytes: of(ping, 'Hello, world!'), outcome: { pongs: [bytesOf('Hello, world!')] } }],
  [
    '2.3',
    {
      bytes: of(ping, [0, 255, 254, 253, 252, 251, 0, 255]),
      outcome: { pongs: [bytesOf([0, 255, 254, 253, 252, 251, 0, 255])] },
    },
  ],
  ['2.4', { bytes: of(ping, allBytes), outcome: { pongs: [allBytes] } }],
  ['2.5', { bytes: of(ping, stars(126)), outcome: failed }],
  ['2.6', { bytes: of(ping, allBytes), outcome: { pongs: [allBytes] }, isChopped: true }],
  ['2.7', { bytes: of(pong), outcome: stillOpen }],
  ['2.8', { bytes: of(pong, 'unsolicited pong payload'), outcome: stillOpen }],
  [
    '2.9',
    {
      bytes: joined(of(pong, 'unsolicited'), of(ping, 'ping payload')),
      outcome: { pongs: [bytesOf('ping payload')] },
    },
  ],
  ['2.10', { bytes: joined(...tenPings.map((payload) => of(ping, payload))), outcome: { pongs: tenPings } }],
  [
    '2.11',
    {
      bytes: joined(...tenPings.map((payload) => of(ping, payload))),
      outcome: { pongs: tenPings },
      isChopped: true,
    },
  ],
];

const reservedBits = numbered('3', [1, 2, 3, 4, 5, 6, 7], (reserved) => ({
  bytes: joined(of(ping, 'before'), frame(bytesOf('Hello'), { reserved }), of(ping, 'after')),
  outcome: failed,
}));

const unknownOpcodes: [string, Case][] = [
  ...numbered('4.1', [3, 4, 5, 6, 7], (opcode) => ({ bytes: of(opcode, 'payload'), outcome: failed })),
  ...numbered('4.2', [11, 12, 13, 14, 15], (opcode) => ({ bytes: of(opcode, 'payload'), outcome: failed })),
];

const twoParts = joined(part(text, 'fragment1'), of(continuation, 'fragment2'));
const withPing = joined(part(text, 'fragment1'), of(ping, 'ping payload'), of(continuation, 'fragment2'));
const orphan = joined(of(continuation, 'orphan'), of(text, 'Hello, world!'));
const openOrphan = joined(part(continuation, 'orphan'), of(text, 'Hello, world!'));
const fiveParts = joined(
  part(text, 'fragment1'),
  part(continuation, 'fragment2'),
  of(ping, 'pongme 1'),
  part(continuation, 'fragment3'),
  part(continuation, 'fragment4'),
  of(ping, 'pongme 2'),
  of(continuation, 'fragment5'),
);

const fragments: [string, Case][] = [
  ['5.1', { bytes: joined(part(ping, 'fragment1'), of(continuation, 'fragment2')), outcome: failed }],
  ['5.2', { bytes: joined(part(pong, 'fragment1'), of(continuation, 'fragment2')), outcome: failed }],
  ['5.3', { bytes: twoParts, outcome: read }],
  ['5.5', { bytes: twoParts, outcome: read, isChopped: true }],
  ['5.6', { bytes: withPing, outcome: read }],
  ['5.8', { bytes: withPing, outcome: read, isChopped: true }],
  ['5.9', { bytes: orphan, outcome: failed }],
  ['5.11', { bytes: orphan, outcome: failed, isChopped: true }],
  ['5.12', { bytes: openOrphan, outcome: failed }],
  ['5.14', { bytes: openOrphan, outcome: failed, isChopped: true }],
  // The gateway closes at the first message, which is whole, and reads nothing of what follows.
  [
    '5.15',
    { bytes: joined(twoParts, part(continuation, 'fragment3'), of(text, 'fragment4')), outcome: read },
  ],
  ['5.16', { bytes: joined(part(continuation, 'orphan'), part(text, 'fragment1')), outcome: failed }],
  ['5.17', { bytes: joined(of(continuation, 'orphan'), part(text, 'fragment1')), outcome: failed }],
  ['5.18', { bytes: joined(part(text, 'fragment1'), of(text, 'fragment2')), outcome: failed }],
  ['5.19', { bytes: fiveParts, outcome: read }],
  ['5.20', { bytes: fiveParts, outcome: read, isChopped: true }],
];

const utf8 = (prefix: string, payloads: readonly (string | number[])[], outcome: Outcome): [string, Case][] =>
  numbered(prefix, payloads, (payload) => ({ bytes: of(text, payload), outcome }));

/** The encodings of the characters that Unicode reserves in each plane, and of those before U+D800 and after U+DFFF. */
const nonCharacters = Array.from({ length: 17 }, (_, plane) =>
  [0xfffe, 0xffff].map((low) => plane * 0x1_0000 + low),
)
  .flat()
  .map((codePoint) => String.fromCodePoint(codePoint));
/** The UTF-8 encoding of a surrogate, which none may have. */
const surrogate = (code: number): number[] => [
  0xe0 | (code >> 12),
  0x80 | ((code >> 6) & 0x3f),
  0x80 | (code & 0x3f),
];
const continuationBytes = Array.from({ length: 64 }, (_, index) => 0x80 + index);
/** The first bytes of a range, each followed by a space. */
const lonely = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => [from + index, 0x20]).flat();
const incomplete = [
  ...[[0xc0], [0xe0, 0x80], [0xf0, 0x80, 0x80], [0xf8, 0x80, 0x80, 0x80], [0xfc, 0x80, 0x80, 0x80, 0x80]],
  ...[[0xdf], [0xef, 0xbf], [0xf7, 0xbf, 0xbf], [0xfb, 0xbf, 0xbf, 0xbf], [0xfd, 0xbf, 0xbf, 0xbf, 0xbf]],
];
const cut = [...kosmeBytes, 0xf4, 0x90, 0x80, 0x80, ...Buffer.from('edited')];

const texts: [string, Case][] = [
  ['6.1.1', { bytes: of(text), outcome: read }],
  ['6.1.2', { bytes: joined(part(text), part(continuation), of(continuation)), outcome: read }],
  [
    '6.1.3',
    {
      bytes: joined(part(text), part(continuation, 'middle frame payload'), of(continuation)),
      outcome: read,
    },
  ],
  ['6.2.1', { bytes: of(text, 'Hello-µ@ßöäüàá-UTF-8!!'), outcome: read }],
  ['6.2.2', { bytes: inParts(Buffer.from('Hello-µ@ßöäüàá-UTF-8!!'), 12), outcome: read }],
  // Within a character of two bytes.
  ['6.2.3', { bytes: inParts(Buffer.from('Hello-µ@ß-UTF-8!!'), 2), outcome: read }],
  ['6.2.4', { bytes: inParts(Buffer.from(kosme), 1), outcome: read }],
  [
    '6.3.1',
    { bytes: of(text, [...kosmeBytes, 0xed, 0xa0, 0x80, ...Buffer.from('edited')]), outcome: notUtf8 },
  ],
  [
    '6.3.2',
    {
      bytes: inParts(Buffer.from([...kosmeBytes, 0xed, 0xa0, 0x80, ...Buffer.from('end')]), 2),
      outcome: notUtf8,
    },
  ],
  [
    '6.4.1',
    { bytes: joined(part(text, cut.slice(0, 15)), of(continuation, cut.slice(15))), outcome: notUtf8 },
  ],
  ['6.4.3', { bytes: of(text, cut), outcome: notUtf8, isChopped: true }],
  ...utf8('6.5', [kosme, 'ὕ', '𐍈', '\0', `${kosme}😀`], read),
  // Each prefix of the text is valid only where a character ends.
  ...kosmeBytes.map((_, at): [string, Case] => {
    const prefix = kosmeBytes.slice(0, at + 1);
    return [`6.6.${at + 1}`, { bytes: of(text, prefix), outcome: isWhole(prefix) ? read : notUtf8 }];
  }),
  ...utf8('6.7', ['\0', '\u0080', '\u0800', '\u{10000}'], read),
  ...utf8(
    '6.8',
    [
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80],
    ],
    notUtf8,
  ),
  ...utf8('6.9', ['\u007f', '\u07ff', '\uffff', '\u{10ffff}'], read),
  ...utf8(
    '6.10',
    [
      [0xf7, 0xbf, 0xbf, 0xbf],
      [0xfb, 0xbf, 0xbf, 0xbf, 0xbf],
      [0xfd, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf],
    ],
    notUtf8,
  ),
  ...utf8('6.11', ['\ud7ff', '\ue000', '\ufffd', '\u{10ffff}'], read),
  ['6.11.5', { bytes: of(text, [0xf4, 0x90, 0x80, 0x80]), outcome: notUtf8 }],
  ...utf8(
    '6.12',
    [[0x80], [0xbf], ...[2, 3, 4, 5, 6].map((n) => continuationBytes.slice(0, n)), continuationBytes],
    notUtf8,
  ),
  ...utf8(
    '6.13',
    [lonely(0xc0, 0xdf), lonely(0xe0, 0xef), lonely(0xf0, 0xf7), lonely(0xf8, 0xfb), [0xfc, 0x20, 0xfd]],
    notUtf8,
  ),
  ...utf8('6.14', incomplete, notUtf8),
  ...utf8('6.15', [incomplete.flat()], notUtf8),
  ...utf8('6.16', [[0xfe], [0xff], [0xfe, 0xfe, 0xff, 0xff]], notUtf8),
  // Longer encodings than needed: of a slash, of the last character of each length, and of U+0000.
  ...utf8(
    '6.17',
    [
      ...[
        [0xc0, 0xaf],
        [0xe0, 0x80, 0xaf],
        [0xf0, 0x80, 0x80, 0xaf],
      ],
      ...[
        [0xf8, 0x80, 0x80, 0x80, 0xaf],
        [0xfc, 0x80, 0x80, 0x80, 0x80, 0xaf],
      ],
    ],
    notUtf8,
  ),
  ...utf8(
    '6.18',
    [
      ...[
        [0xc1, 0xbf],
        [0xe0, 0x9f, 0xbf],
        [0xf0, 0x8f, 0xbf, 0xbf],
      ],
      ...[
        [0xf8, 0x87, 0xbf, 0xbf, 0xbf],
        [0xfc, 0x83, 0xbf, 0xbf, 0xbf, 0xbf],
      ],
    ],
    notUtf8,
  ),
  ...utf8(
    '6.19',
    [
      ...[
        [0xc0, 0x80],
        [0xe0, 0x80, 0x80],
        [0xf0, 0x80, 0x80, 0x80],
      ],
      ...[
        [0xf8, 0x80, 0x80, 0x80, 0x80],
        [0xfc, 0x80, 0x80, 0x80, 0x80, 0x80],
      ],
    ],
    notUtf8,
  ),
  ...utf8('6.20', [0xd800, 0xdb7f, 0xdb80, 0xdbff, 0xdc00, 0xdf80, 0xdfff].map(surrogate), notUtf8),
  ...utf8(
    '6.21',
    [0xd800, 0xdb7f, 0xdb80, 0xdbff].flatMap((high) =>
      [0xdc00, 0xdfff].map((low) => [...surrogate(high), ...surrogate(low)]),
    ),
    notUtf8,
  ),
  ...utf8('6.22', nonCharacters, read),
  ...utf8('6.23', ['\ufff9', '\ufffa', '\ufffb', '\ufffc', '\ufffd', '\ufffe', '\uffff'], read),
];

/** Whether bytes are whole characters in UTF-8. */
function isWhole(bytes: readonly number[]): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
    return true;
  } catch {
    return false;
  }
}

const longestReason = stars(123);
const validCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const invalidCodes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];

const closes: [string, Case][] = [
  ['7.1.2', { bytes: joined(closing(1000), closing(1000)), outcome: { code: 1000 } }],
  ['7.1.3', { bytes: joined(closing(1000), of(ping)), outcome: { code: 1000 } }],
  ['7.1.4', { bytes: joined(closing(1000), of(text, 'Hello')), outcome: { code: 1000 } }],
  [
    '7.1.5',
    {
      bytes: joined(part(text, 'fragment1'), closing(1000), of(continuation, 'fragment2')),
      outcome: { code: 1000 },
    },
  ],
  // The gateway closes first, because of the message.
  [
    '7.1.6',
    {
      bytes: joined(of(text, stars(262_144)), closing(1000), of(ping)),
      outcome: read,
      messageBytes: 262_144,
    },
  ],
  ['7.3.1', { bytes: of(close), outcome: { code: 1005 } }],
  ['7.3.2', { bytes: of(close, 'a'), outcome: failed }],
  ['7.3.3', { bytes: closing(1000), outcome: { code: 1000 } }],
  ['7.3.4', { bytes: closing(1000, 'Hello World!'), outcome: { code: 1000 } }],
  ['7.3.5', { bytes: closing(1000, longestReason), outcome: { code: 1000 } }],
  ['7.3.6', { bytes: closing(1000, stars(124)), outcome: failed }],
  ['7.5.1', { bytes: closing(1000, cut), outcome: notUtf8 }],
  ...numbered('7.7', validCodes, (code) => ({ bytes: closing(code), outcome: { code } })),
  ...numbered('7.9', invalidCodes, (code) => ({ bytes: closing(code), outcome: failed })),
  ...numbered('7.13', [5000, 65_535], (code) => ({ bytes: closing(code), outcome: failed })),
];

const megabyte = limits.ingestPayloadBytes;
const largeMessages: [string, Case][] = [
  // The suite's messages of 4 to 16 MiB are beyond the limits of both ports.
  ...numbered('9.1', [65_536, 262_144, megabyte, 4 * megabyte, 8 * megabyte, 16 * megabyte], (size) =>
    message(text, size),
  ),
  ...numbered('9.2', [65_536, 262_144, megabyte, 4 * megabyte, 8 * megabyte, 16 * megabyte], (size) =>
    message(binary, size),
  ),
  ['9.3.1', { bytes: inParts(stars(megabyte), 64), outcome: closedAs('tooFragmented') }],
  ['9.3.6', { bytes: inParts(stars(megabyte), megabyte / 16), outcome: read, messageBytes: megabyte }],
  [
    '10.1.1',
    { bytes: inParts(stars(65_536), 1_300), outcome: closedAs('tooFragmented'), messageBytes: 65_536 },
  ],
];

test.each([
  ['1, framing', framing],
  ['2, pings and pongs', pingsAndPongs],
  ['3, reserved bits', reservedBits],
  ['4, unknown opcodes', unknownOpcodes],
  ['5, fragments', fragments],
  ['6, texts in UTF-8', texts],
  ['7, closes', closes],
  ['9 and 10, large messages', largeMessages],
])(
  'the live feed and the ingest port pass the cases of Autobahn %s (P-245, S-29, S-30)',
  async (_name, cases) => {
    const { liveUrl, ingestUrl } = await startGateway();
    for (const [url, limit] of [
      [liveUrl, limits.livePayloadBytes],
      [ingestUrl, limits.ingestPayloadBytes],
    ] as const) {
      const outcomes: [string, Outcome][] = [];
      for (const [name, each] of cases) outcomes.push([name, await outcomeOf(url, each)]);
      const expected = cases.map(([name, { outcome, messageBytes = 0 }]) => [
        name,
        messageBytes > limit ? closedAs('tooBig') : outcome,
      ]);
      expect(outcomes).toEqual(expected);
    }
  },
);

/** Sends the bytes of a case over a connection of its own. @returns How the gateway answers. */
async function outcomeOf(url: string, { bytes, outcome, isChopped }: Case): Promise<Outcome> {
  const socket = await RawSocket.open(url);
  const pieceBytes = isChopped ? Math.max(1, Math.ceil(bytes.length / 1_000)) : bytes.length;
  for (let at = 0; at < bytes.length; at += pieceBytes) socket.send(bytes.subarray(at, at + pieceBytes));
  if ('code' in outcome) await until(() => socket.closeCode !== undefined);
  else await socket.settled();
  const pongs = socket.frames
    .filter(({ opcode }) => opcode === pong)
    .map(({ payload }) => Buffer.from(payload));
  const { closeCode } = socket;
  socket.destroy();
  // The last pong answers the ping of `settled`.
  return closeCode === undefined ? { pongs: pongs.slice(0, -1) } : { code: closeCode };
}
