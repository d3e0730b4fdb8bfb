import { describe, expect, it } from '@jest/globals';
import { parseTags, tagsProblem, tagsText } from '../../src/state/tags.ts';

describe('tags', () => {
  it('are separated by commas, each once', () => {
    expect(parseTags(' a,  b c ,,a ')).toEqual(['a', 'b c']);
    expect(parseTags(tagsText(['a', 'b c']))).toEqual(['a', 'b c']);
    expect(parseTags(' , ')).toEqual([]);
  });

  it('are at most 20 of 40 characters', () => {
    const twenty = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(40, 'x'));
    expect(tagsProblem(twenty)).toBe('');
    expect(tagsProblem([...twenty, 'more'])).toBe('Tags: expected at most 20, separated by commas, got 21.');
    expect(tagsProblem(['x'.repeat(41)])).toBe(
      `Tags: expected at most 40 characters in each, got 41 in “${'x'.repeat(40)}…”. Separate tags by commas.`,
    );
  });
});
