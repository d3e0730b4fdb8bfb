import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { dashes } from '../../src/state/chart-runs.ts';
import { otherRunLimit } from '../../src/state/view.ts';

const sources = fileURLToPath(new URL('../../../src/', import.meta.url));
const read = (name: string): string => readFileSync(sources + name, 'utf8');
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name);

it('registers the colours that scripts read, which are the text `light-dark(…)` otherwise', () => {
  const registered = matches(read('ui/tokens.css'), /@property (--[\w-]+)/g);
  const readers = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map(read)
    .filter((text) => text.includes('getPropertyValue'));
  expect(readers.length).toBeGreaterThan(2);
  for (const text of readers)
    expect(registered).toEqual(expect.arrayContaining(matches(text, /'(--[\w-]+)'/g)));
});

/** Returns the values of a colour in the light and in the dark theme, as `#rrggbb`. */
function colorsOf(name: string): { light: string; dark: string } {
  const [, light = '', dark = ''] =
    new RegExp(`  ${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(read('ui/tokens.css')) ?? [];
  return { light, dark };
}

type Rgb = readonly [red: number, green: number, blue: number];

/** Returns the components of a colour, linear in light. */
const linearRgb = (hex: string): Rgb =>
  [1, 3, 5].map((start) => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;

const times = (matrix: readonly Rgb[], [red, green, blue]: Rgb): Rgb =>
  matrix.map(([r, g, b]) => r * red + g * green + b * blue) as unknown as Rgb;

/** Returns the contrast of two colours as WCAG 2 defines it, from 1 to 21. */
function contrast(one: string, other: string): number {
  const luminance = (hex: string): number => times([[0.2126, 0.7152, 0.0722]], linearRgb(hex))[0];
  const [lower = 0, higher = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (higher + 0.05) / (lower + 0.05);
}

/** What people without one kind of cones see, after Machado, Oliveira and Fernandes (2009). */
const colorVisions = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
} as const;

/** Returns the distance of two colours in Oklab (Ottosson, 2020), in hundredths of that of black and white. */
function distance(one: string, other: string, vision: keyof typeof colorVisions): number {
  const [first, second] = [one, other].map((hex) => {
    const seen = times(colorVisions[vision], linearRgb(hex)).map((value) => Math.max(0, value));
    const cones = times(
      [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
      ],
      seen as unknown as Rgb,
    ).map(Math.cbrt);
    return times(
      [
        [0.2104542553, 0.793617785, -0.0040720468],
        [1.9779984951, -2.428592205, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.808675766],
      ],
      cones as unknown as Rgb,
    );
  }) as [Rgb, Rgb];
  return 100 * Math.hypot(...first.map((value, index) => value - (second[index] as number)));
}

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  const surface = { light: '#ffffff', dark: '#141923' }[theme];
  const runColors = dashes.map((_, index) => colorsOf(`--run-${index + 1}`)[theme]);

  it('every curve has a contrast of at least 3:1, and the smoothed curve more than the raw one', () => {
    expect(colorsOf('--surface')[theme]).toBe(surface);
    const [raw, train] = [colorsOf('--train-raw')[theme], colorsOf('--train')[theme]];
    for (const color of [raw, train, colorsOf('--test')[theme], ...runColors])
      expect(contrast(color, surface)).toBeGreaterThanOrEqual(3);
    expect(contrast(train, surface)).toBeGreaterThan(1.6 * contrast(raw, surface));
  });

  it('any two compared runs differ in colour, and in dashes or clearly in colour for all kinds of vision', () => {
    expect(new Set(runColors).size).toBe(otherRunLimit + 1);
    for (const [index, color] of runColors.entries())
      for (const [other, otherColor] of runColors.slice(0, index).entries()) {
        expect(distance(color, otherColor, 'usual')).toBeGreaterThan(10);
        if (dashes[index]?.join() !== dashes[other]?.join()) continue;
        for (const vision of ['protanopia', 'deuteranopia', 'tritanopia'] as const)
          expect(distance(color, otherColor, vision)).toBeGreaterThan(11);
      }
  });
});
