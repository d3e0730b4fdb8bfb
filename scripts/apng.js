import { crc32 } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Yields the chunks of a PNG file. */
function* chunksOf(png) {
  for (let at = signature.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += length + 12;
  }
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([uint32s(data.length), body, uint32s(crc32(body))]);
}

/** Encodes each value as an unsigned integer of 4 bytes, big-endian. */
function uint32s(...values) {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
}

/**
 * Joins PNG images of one size and format into an animation that repeats for ever (APNG: W3C, Portable Network Graphics,
 * third edition). A program that does not support APNG shows the first image.
 * @param pictures At least one image, each with the time in milliseconds for which it is shown.
 */
export function animate(pictures) {
  const [header] = chunksOf(pictures[0].png);
  const size = header.data.subarray(0, 8);
  let sequence = 0;
  const frames = pictures.flatMap(({ png, milliseconds }, index) => {
    const timing = Buffer.alloc(6);
    timing.writeUInt16BE(milliseconds, 0);
    timing.writeUInt16BE(1_000, 2);
    const control = Buffer.concat([uint32s(sequence++), size, uint32s(0, 0), timing]);
    const data = [...chunksOf(png)]
      .filter(({ type }) => type === 'IDAT')
      .map((part) =>
        index === 0
          ? chunk('IDAT', part.data)
          : chunk('fdAT', Buffer.concat([uint32s(sequence++), part.data])),
      );
    return [chunk('fcTL', control), ...data];
  });
  const control = chunk('acTL', uint32s(pictures.length, 0));
  return Buffer.concat([
    signature,
    chunk('IHDR', header.data),
    control,
    ...frames,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
