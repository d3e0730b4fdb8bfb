import { describe, expect, it } from '@jest/globals';
import { historySentence, readingsCsv, readingText } from '../../../src/panels/examine/reading-text.ts';

/** A reading at a step in which the class `top` has 75 %. */
const reading = (step: number, top: number) => ({
  step,
  probabilities: Float32Array.from({ length: 3 }, (_, label) => (label === top ? 0.75 : 0.125)),
});
const words = { classes: ['zero', 'one', 'two'], stepWord: 'batch', label: null };

describe('the history of an image', () => {
  it('is summarized by when its final reading began', () => {
    const readings = [reading(1, 0), reading(10, 0), reading(100, 2), reading(1_214, 1), reading(2_000, 1)];
    expect(historySentence(readings, words)).toBe(
      'Read as one from batch 1,214 on; before that mostly as zero.',
    );
    expect(historySentence(readings.slice(0, 2), words)).toBe('Read as zero all the time.');
    expect(historySentence([reading(1, 1), reading(2, 1), reading(3, 0), reading(4, 1)], words)).toBe(
      'Read as one from batch 4 on; and not always before.',
    );
    expect(historySentence([], words)).toBe('');
  });

  it('is compared with the true class', () => {
    expect(historySentence([reading(1, 1)], { ...words, label: 1 })).toBe(
      'Read as one all the time, which is right.',
    );
    expect(historySentence([reading(1, 1)], { ...words, label: 2 })).toBe(
      'Read as one all the time; it is two.',
    );
  });

  it('has a second guess for each reading, and all probabilities as CSV', () => {
    expect(readingText(reading(1, 1).probabilities, words.classes)).toMatch(
      /^one with 75\s%, or else zero with 1[23]\s%$/,
    );
    expect(readingsCsv([reading(7, 2)], ['a', 'b,c', 'd'])).toBe(
      'step,p(a),"p(b,c)",p(d)\n7,0.125000,0.125000,0.750000\n',
    );
  });
});
