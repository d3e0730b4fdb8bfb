import { describe, expect, it } from '@jest/globals';
import { accuracyFloor } from '../../src/state/accuracy-floor.ts';

describe('the start of an accuracy axis', () => {
  it.each([
    [[], 0],
    [[0.098], 0],
    [[Number.NaN, 0.99], 0],
    [[0.967, 0.98, 0.991], 0.95],
    [[0.985, 0.993], 0.98],
    [[0.981], 0.95],
  ])('for %p is %d', (accuracies, floor) => {
    expect(accuracyFloor(accuracies)).toBe(floor);
  });
});
