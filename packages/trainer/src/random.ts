import type { Random } from '@mnist-monitor/shared/random';

export { type Random, seededRandom } from '@mnist-monitor/shared/random';

/**
 * Derives a seed from several numbers, for example from a run's seed and an epoch, so that each epoch has its own. A hash with
 * the constants of FNV-1a (Fowler, Noll and Vo), of 31 bits.
 */
export function deriveSeed(...parts: number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) hash = Math.imul(hash ^ (part + 0x9e3779b9), 0x01000193) ^ (hash >>> 13);
  return (hash >>> 0) & 0x7fffffff;
}

/** Draws from the standard normal distribution (Box and Muller, 1958). */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** Shuffles `items` in place (Fisher and Yates, in Durstenfeld's form). */
export function shuffle(items: Uint32Array, random: Random): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = items[last];
    items[last] = items[other];
    items[other] = kept;
  }
}
