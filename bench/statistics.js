/** Returns the median of numbers, and their minimum and maximum. */
export function spread(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median, max: sorted.at(-1) };
}

export const median = (numbers) => spread(numbers).median;

export const mean = (numbers) => numbers.reduce((sum, number) => sum + number) / numbers.length;

/** Returns the number of steps before a measurement, in which compilers, caches and allocators warm up. */
export const warmUpSteps = (steps) => Math.ceil(steps / 4);

/** Returns the number below which a share of the numbers lies; NaN when there are no numbers. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
