import { describe, expect, it } from '@jest/globals';
import { fitText, labelLayout } from '../../../src/panels/test-results/matrix-labels.ts';
import { shortClassNames } from '../../../src/state/format.ts';

/** As wide as an average letter. */
const widthOf = (text: string, fontSize: number): number => text.length * fontSize * 0.55;
const layoutOf = (classes: readonly string[], side: number) =>
  labelLayout({ classes, shortNames: shortClassNames(classes), side, widthOf });
const letters = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt'];
const named = (count: number): string[] =>
  Array.from({ length: count }, (_, label) => `class number ${label}`);

describe('the labels of a drawn matrix', () => {
  it('are all names where each has a line, upright above the columns where they fit', () => {
    expect(layoutOf(letters, 620)).toMatchObject({ names: letters, step: 1, isRotated: false });
    const things = layoutOf(named(47), 620);
    expect(things).toMatchObject({ names: named(47), step: 1, isRotated: true });
    expect(things.space).toBeLessThanOrEqual(110);
    expect(layoutOf(named(20), 620).fontSize).toBe(12);
  });

  it.each([
    ['47 letters on a phone', letters, 330],
    ['47 names on a phone', named(47), 330],
    ['1,000 names', named(1_000), 620],
    ['1,000 names on a phone', named(1_000), 330],
  ])('of %s are every few short names or numbers, which do not touch', (_name, classes, side) => {
    const { names, step, cellSide, fontSize } = layoutOf(classes, side);
    expect(names).toEqual(shortClassNames(classes));
    expect(step).toBeGreaterThan(1);
    const widest = Math.max(...names.map((name) => widthOf(name, fontSize)));
    expect(step * cellSide).toBeGreaterThan(widest);
    expect(classes.length / step).toBeGreaterThan(4);
  });

  it('are cut where they are longer than their space', () => {
    const width = (text: string): number => text.length * 5;
    expect(fitText('cat', 100, width)).toBe('cat');
    expect(fitText('a hamster with a long name', 50, width)).toBe('a hamster…');
    expect(fitText('cat', 1, width)).toBe('c…');
  });
});
