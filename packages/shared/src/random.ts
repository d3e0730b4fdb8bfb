/** A generator of random numbers: each call returns the next, from 0 inclusive to 1 exclusive. */
export type Random = () => number;

/**
 * Creates a seeded generator whose numbers are the same on every engine and machine.
 * Source: "mulberry32" by T. Ettinger (public domain): 32 bits of state, period 2³².
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
