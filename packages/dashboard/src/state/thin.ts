/**
 * Which of the first `length` rows to draw when there is room for `buckets` bars: of each bucket the lowest and the
 * highest finite value, so that every spike is seen, and the last row. All rows when there are no more than four to a
 * bucket: more would not look different, and drawing them costs. Buckets hold a power of two of rows and begin at
 * fixed rows, so that what is drawn stays where it is while rows are appended.
 */
export function thin(values: Float64Array, length: number, buckets: number): number[] {
  const rows: number[] = [];
  if (length <= 4 * buckets) {
    for (let row = 0; row < length; row++) rows.push(row);
    return rows;
  }
  const size = 2 ** Math.ceil(Math.log2(length / buckets));
  for (let from = 0; from < length; from += size) {
    const to = Math.min(from + size, length);
    let lowest = -1;
    let highest = -1;
    for (let row = from; row < to; row++) {
      const value = values[row] as number;
      if (!Number.isFinite(value)) continue;
      if (lowest < 0 || value < (values[lowest] as number)) lowest = row;
      if (highest < 0 || value > (values[highest] as number)) highest = row;
    }
    if (lowest < 0) rows.push(from);
    else if (lowest === highest) rows.push(lowest);
    else rows.push(Math.min(lowest, highest), Math.max(lowest, highest));
  }
  if (rows.at(-1) !== length - 1) rows.push(length - 1);
  return rows;
}
