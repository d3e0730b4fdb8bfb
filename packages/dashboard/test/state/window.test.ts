import { describe, expect, it } from '@jest/globals';
import { between, moved, rangeOf } from '../../src/state/window.ts';

const all = { min: 0, max: 1_000 };
const linear = { all, log: false };

describe('the window of the x axis', () => {
  it('stands still when it was chosen, and moves along when it follows', () => {
    expect(rangeOf({ kind: 'all' }, { all, edge: 500 })).toEqual(all);
    const log = { all: { min: 1, max: 800 }, edge: 500 };
    expect(rangeOf({ kind: 'fixed', min: 0, max: 200 }, log)).toEqual({ min: 1, max: 200 });
    expect(rangeOf({ kind: 'fixed', min: 0, max: 0.5 }, log)).toEqual(log.all);
    expect(rangeOf({ kind: 'fixed', min: 100, max: 200 }, { all, edge: 500 })).toEqual({
      min: 100,
      max: 200,
    });
    expect(rangeOf({ kind: 'follow', width: 100 }, { all, edge: 500 })).toEqual({ min: 403, max: 503 });
    expect(rangeOf({ kind: 'follow', width: 100 }, { all, edge: 600 })).toEqual({ min: 503, max: 603 });
  });

  it('zooms around a place that stays where it is', () => {
    expect(moved(all, { factor: 0.5, around: 0 }, linear)).toEqual({ kind: 'fixed', min: 0, max: 500 });
    expect(moved(all, { factor: 0.5, around: 0.8 }, linear)).toEqual({ kind: 'fixed', min: 400, max: 900 });
  });

  it('pans without leaving what there is', () => {
    const range = { min: 100, max: 200 };
    expect(moved(range, { shift: 0.5 }, linear)).toEqual({ kind: 'fixed', min: 150, max: 250 });
    expect(moved(range, { shift: -5 }, linear)).toEqual({ kind: 'fixed', min: 0, max: 100 });
    expect(moved(range, { shift: 50 }, linear)).toEqual({ kind: 'fixed', min: 900, max: 1_000 });
  });

  it('is the whole again when it is zoomed out far enough, and never thinner than two points', () => {
    expect(moved({ min: 100, max: 900 }, { factor: 2 }, linear)).toEqual({ kind: 'all' });
    const thin = moved(all, { factor: 1e-9 }, linear);
    expect(thin).toMatchObject({ kind: 'fixed' });
    if (thin.kind === 'fixed') expect(thin.max - thin.min).toBeCloseTo(0.05);
  });

  it('is what was dragged over, from either side; a click is no drag', () => {
    const expected = { kind: 'fixed', min: 250, max: 750 };
    expect(between(all, [0.25, 0.75], linear)).toEqual(expected);
    expect(between(all, [0.75, 0.25], linear)).toEqual(expected);
    expect(between(all, [-3, 9], linear)).toEqual({ kind: 'all' });
    expect(between(all, [0.5, 0.501], linear)).toBeUndefined();
  });

  it('zooms by decades on a logarithmic axis', () => {
    const window = between({ min: 1, max: 10_000 }, [0.25, 0.5], { all: { min: 1, max: 10_000 }, log: true });
    expect(window).toMatchObject({ kind: 'fixed' });
    if (window?.kind !== 'fixed') return;
    expect(window.min).toBeCloseTo(10);
    expect(window.max).toBeCloseTo(100);
  });
});
