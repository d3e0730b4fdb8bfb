import { describe, expect, it } from '@jest/globals';
import { TestImages } from '../../../src/panels/misread/test-images.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const description = { count: 250, width: 2, height: 1, channels: 1 } as const;
/** 250 images of two pixels, whose first is the image's number, and the class 7 of each. */
const file = Uint8Array.from({ length: 750 }, (_, at) => (at >= 500 ? 7 : at % 2 === 0 ? at / 2 : 9));

describe('the test images', () => {
  it('are read in pieces of 10, each once, after the true classes', async () => {
    const ranges: (readonly [number, number | undefined])[] = [];
    const images = new TestImages(
      description,
      async (begin, end) => {
        ranges.push([begin, end]);
        return file.slice(begin, end);
      },
      () => {},
    );
    await turn();
    expect(images.labels).toHaveLength(250);
    expect(images.pixels(205)).toBeUndefined();
    expect(images.pixels(209)).toBeUndefined();
    await turn();
    expect([...(images.pixels(205) ?? [])]).toEqual([205, 9]);
    expect(ranges).toEqual([
      [500, undefined],
      [400, 420],
    ]);
  });

  it('report a file that cannot be read, or has no true classes', async () => {
    const failing = new TestImages(
      description,
      () => Promise.reject(new Error('the run has no such file')),
      () => {},
    );
    const bare = new TestImages(
      description,
      async () => new Uint8Array(),
      () => {},
    );
    await turn();
    expect(failing.problem).toBe('the run has no such file');
    expect(bare.problem).toBe('the file has no true classes');
  });
});
