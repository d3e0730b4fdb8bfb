import { expect, it } from '@jest/globals';
import { drawBaseline, type PlotArea } from '../../../src/panels/charts/overlays.ts';

/** Draws the line of guessing over a range of x from 0 to 100, and returns where its name is. */
function nameOfBaseline(...starts: readonly number[]): 'left' | 'right' | undefined {
  let side: 'left' | 'right' | undefined;
  const nothing = (): void => {};
  const context = {
    ...{ save: nothing, restore: nothing, setLineDash: nothing, beginPath: nothing, moveTo: nothing },
    ...{ lineTo: nothing, stroke: nothing, font: '', textAlign: 'left' },
    measureText: (text: string) => ({ width: 6 * text.length }),
    fillText: () => {
      side = context.textAlign as 'left' | 'right';
    },
  };
  const area: PlotArea = {
    ...{ context: context as unknown as CanvasRenderingContext2D, ratio: 1, font: '12px sans-serif' },
    ...{ box: { left: 50, top: 0, width: 500, height: 200 }, x: (value) => 50 + value * 5, y: () => 20 },
  };
  const nonFinite = starts.map((from) => ({ from, to: 100, value: Number.NaN }));
  drawBaseline(area, 2.3, { color: 'gray', nonFinite });
  return side;
}

it('the name of the line of guessing is at the end, unless that of values that are not finite is there', () => {
  expect(nameOfBaseline()).toBe('right');
  expect(nameOfBaseline(50)).toBe('right');
  for (const start of [85, 95, 100]) expect(nameOfBaseline(start)).toBe('left');
  expect(nameOfBaseline(50, 100)).toBe('left');
  // Outside the zoomed range.
  expect(nameOfBaseline(150)).toBe('right');
});
