import { describe, expect, it } from '@jest/globals';
import { imagesAtTurn, type WallImage } from '../../../src/panels/wall/wall-images.ts';

const image = (label: number, prediction: number): WallImage => ({ pixels: [], size: {}, label, prediction });

describe('the images of a turn', () => {
  const right = [0, 1, 2, 3, 4, 5].map((label) => image(label, label));
  const wrong = [image(7, 1), image(8, 2), image(9, 3)];

  it('alternate between misread and right ones, and change with the turn', () => {
    const turns = [0, 1].map((turn) =>
      imagesAtTurn([...right, ...wrong], turn, 4).map(({ label, prediction }) => `${label}${prediction}`),
    );
    expect(turns).toEqual([
      ['71', '00', '82', '11'],
      ['93', '22', '71', '33'],
    ]);
  });

  it.each([
    ['none is misread', right],
    ['all are misread', wrong],
    ['one is misread', [...right, image(7, 1)]],
    ['there are fewer', [image(7, 1), image(0, 0)]],
    ['there are none', []],
  ])('are different images, as many as there are, when %s', (_, images) => {
    for (let turn = 0; turn < 5; turn++) {
      const shown = imagesAtTurn(images, turn, 4);
      expect(new Set(shown).size).toBe(Math.min(4, images.length));
    }
  });
});
