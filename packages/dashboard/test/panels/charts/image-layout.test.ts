import { describe, expect, it } from '@jest/globals';
import { cutText, flow, pictureFile } from '../../../src/panels/charts/image-layout.ts';

const measure = (text: string): number => [...text].length;

describe('the words of a saved picture', () => {
  it.each([
    ['short', 'short'],
    ['ten letters', 'ten lette…'],
    ['a space  before the cut', 'a space…'],
    ['🙂'.repeat(12), `${'🙂'.repeat(9)}…`],
  ])('fit into 10 letters: %p is %p', (text, cut) => {
    expect(cutText(text, 10, measure)).toBe(cut);
  });

  it('are an ellipsis alone where there is no room', () => {
    expect(cutText('name', -5, measure)).toBe('…');
  });

  it('go on in the next line when one is full, and never leave one empty', () => {
    expect(flow([40, 40, 120, 10], { room: 100, gap: 10 })).toEqual([
      { x: 0, line: 0 },
      { x: 50, line: 0 },
      { x: 0, line: 1 },
      { x: 0, line: 2 },
    ]);
  });
});

describe('the file of a saved picture', () => {
  it.each([
    ['20261124-100000-k3f9', 'Loss', '20261124-100000-k3f9-loss.png'],
    ['Baseline, ../../etc: 50 %', 'Learning rate', 'Baseline-etc-50-learning-rate.png'],
    ['Größe 3', 'Loss', 'Größe-3-loss.png'],
    ['🙂', 'Loss', 'loss.png'],
    ['W'.repeat(200), 'Loss', `${'W'.repeat(60)}-loss.png`],
  ])('of %p and %p is called %p', (subtitle, title, name) => {
    expect(pictureFile(subtitle, title)).toBe(name);
  });
});
