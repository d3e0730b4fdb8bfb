const floors = [0.999, 0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5];

/**
 * Returns the start of an accuracy axis that ends at 100 %, so that high accuracies can be distinguished: the highest
 * round value that all accuracies are clearly above; 0 when there are none.
 */
export function accuracyFloor(accuracies: readonly number[]): number {
  if (accuracies.length === 0) return 0;
  const lowest = Math.min(...accuracies.map((value) => (Number.isFinite(value) ? value : 0)));
  return floors.find((floor) => lowest - floor >= 0.15 * (1 - floor)) ?? 0;
}
