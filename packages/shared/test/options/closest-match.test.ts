import { expect, test } from '@jest/globals';
import { closestMatch } from '../../src/options/closest-match.ts';

const words = ['epochs', 'batch-size', 'port', 'learning-rate'];

test.each([
  ['epocs', 'epochs'],
  ['epochss', 'epochs'],
  ['epachs', 'epochs'],
  ['peochs', 'epochs'],
  ['epohcs', 'epochs'],
  ['prt', 'port'],
  ['le', 'learning-rate'],
  ['batch', 'batch-size'],
  ['lerning-rat', 'learning-rate'],
  ['laerning-arte', 'learning-rate'],
])('%p is closest to %p', (typed, word) => {
  expect(closestMatch(typed, words)).toBe(word);
});

test.each(['', 'p', 'l', 'xyz', 'pt', 'eqpcs', 'rate', 'trop', 'pxot'])('%p is close to no word', (typed) => {
  expect(closestMatch(typed, words)).toBeUndefined();
});

test('of two words, the one with fewer changes is closest, else the first', () => {
  expect(closestMatch('batches', ['batchelor', 'batched', 'batchez'])).toBe('batched');
  expect(closestMatch('port', ['porters', 'sort'])).toBe('porters');
});

test('swapped letters are one change wherever they are', () => {
  for (const word of words)
    for (let index = 0; index + 1 < word.length; index++) {
      const [before, first, second, after] = [
        word.slice(0, index),
        word[index]!,
        word[index + 1]!,
        word.slice(index + 2),
      ];
      expect(closestMatch(before + second + first + after, words)).toBe(word);
    }
});
