import { describe, expect, it } from '@jest/globals';
import { visibleRange, zoomAndPan, zoomToSelection } from '../../src/state/viewport.ts';

const all = { min: 0, max: 1_000 };
const linear = { all, log: false };
const fixed = (min: number, max: number) => ({ kind: 'fixed', min, max }) as const;

describe('the visible range', () => {
  it('is the whole axis by default', () => {
    expect(visibleRange({ kind: 'all' }, { all, edge: 500 })).toEqual(all);
  });

  it('does not move with new data when it was chosen', () => {
    expect(visibleRange(fixed(100, 200), { all, edge: 500 })).toEqual({ min: 100, max: 200 });
  });

  it('begins where a logarithmic axis begins', () => {
    const log = { all: { min: 1, max: 800 }, edge: 500 };
    expect(visibleRange(fixed(0, 200), log)).toEqual({ min: 1, max: 200 });
    expect(visibleRange(fixed(0, 0.5), log)).toEqual(log.all);
  });

  it('moves with new data when it follows', () => {
    const follow = { kind: 'follow', width: 100 } as const;
    expect(visibleRange(follow, { all, edge: 500 })).toEqual({ min: 403, max: 503 });
    expect(visibleRange(follow, { all, edge: 600 })).toEqual({ min: 503, max: 603 });
  });
});

describe('zooming and panning', () => {
  it('keeps the point that it zooms around in place', () => {
    expect(zoomAndPan(all, { factor: 0.5, around: 0 }, linear)).toEqual(fixed(0, 500));
    expect(zoomAndPan(all, { factor: 0.5, around: 0.8 }, linear)).toEqual(fixed(400, 900));
  });

  it.each([
    [0.5, fixed(150, 250)],
    [-5, fixed(0, 100)],
    [50, fixed(900, 1_000)],
  ])('stays within the axis when panned by %d widths', (shift, expected) => {
    expect(zoomAndPan({ min: 100, max: 200 }, { shift }, linear)).toEqual(expected);
  });

  it('returns to the whole axis when zoomed out, and never shows less than two points', () => {
    expect(zoomAndPan({ min: 100, max: 900 }, { factor: 2 }, linear)).toEqual({ kind: 'all' });
    const { min, max } = visibleRange(zoomAndPan(all, { factor: 1e-9 }, linear), { all, edge: 0 });
    expect(max - min).toBeCloseTo(0.05);
  });

  it('zooms to a selection in either direction, and ignores a click', () => {
    expect(zoomToSelection(all, [0.25, 0.75], linear)).toEqual(fixed(250, 750));
    expect(zoomToSelection(all, [0.75, 0.25], linear)).toEqual(fixed(250, 750));
    expect(zoomToSelection(all, [-3, 9], linear)).toEqual({ kind: 'all' });
    expect(zoomToSelection(all, [0.5, 0.501], linear)).toBeUndefined();
  });

  it('zooms by decades on a logarithmic axis', () => {
    const decades = { min: 1, max: 10_000 };
    expect(zoomToSelection(decades, [0.25, 0.5], { all: decades, log: true })).toMatchObject({
      ...{ kind: 'fixed', min: expect.closeTo(10), max: expect.closeTo(100) },
    });
  });
});
