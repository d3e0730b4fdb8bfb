import { describe, expect, it } from '@jest/globals';
import { cutText, flowItems, imageFileName } from '../../../src/panels/charts/chart-image.ts';

const measure = (text: string): number => [...text].length;

describe('the texts of a chart image', () => {
  it.each([
    ['short', 'short'],
    ['ten letters', 'ten lette…'],
    ['a space  before the cut', 'a space…'],
    ['🙂'.repeat(12), `${'🙂'.repeat(9)}…`],
  ])('are cut to 10 letters: %p to %p', (text, cut) => {
    expect(cutText(text, 10, measure)).toBe(cut);
  });

  it('are an ellipsis alone when nothing fits', () => {
    expect(cutText('name', -5, measure)).toBe('…');
  });

  it('continue in the next line when one is full, and leave no line empty', () => {
    expect(flowItems([40, 40, 120, 10], { lineWidth: 100, gap: 10 })).toEqual([
      { x: 0, line: 0 },
      { x: 50, line: 0 },
      { x: 0, line: 1 },
      { x: 0, line: 2 },
    ]);
  });
});

describe('the file name of a chart image', () => {
  it.each([
    ['20261124-100000-k3f9', 'Loss', '20261124-100000-k3f9-loss.png'],
    ['Baseline, ../../etc: 50 %', 'Learning rate', 'Baseline-etc-50-learning-rate.png'],
    ['Größe 3', 'Loss', 'Größe-3-loss.png'],
    ['🙂', 'Loss', 'loss.png'],
    ['W'.repeat(200), 'Loss', `${'W'.repeat(60)}-loss.png`],
  ])('of %p and %p is %p', (subtitle, title, name) => {
    expect(imageFileName(subtitle, title)).toBe(name);
  });
});
