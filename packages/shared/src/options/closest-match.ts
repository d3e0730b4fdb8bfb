/**
 * Returns the word that was probably meant: one that starts with the typed text, or that differs from it in at most a
 * third of the letters (always allowing one); undefined when there is no such word.
 */
export function closestMatch(typed: string, words: Iterable<string>): string | undefined {
  const letterCount = typed.replace(/\W/g, '').length;
  let best: string | undefined;
  let smallestDistance = Math.max(1, Math.floor(letterCount / 3)) + 1;
  for (const word of words) {
    const distance = letterCount > 1 && word.startsWith(typed) ? 0 : editDistance(typed, word);
    if (distance < smallestDistance) [best, smallestDistance] = [word, distance];
  }
  return best;
}

/**
 * Counts the letters that are missing, added, changed or swapped with their neighbour: the optimal string alignment
 * distance of Damerau and Levenshtein. Plain Levenshtein distance, as `fastest-levenshtein` computes it, counts a swap as
 * two changes: with it, `closestMatch` would find the flag for only 172 of the 210 possible swaps, instead of for all.
 */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 0; i <= a.length; i++) {
    const row: number[] = [];
    rows.push(row);
    for (let j = 0; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const candidates = [at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change];
      if (isSwapped) candidates.push(at(i - 2, j - 2) + 1);
      row.push(i + j === 0 ? 0 : Math.min(...candidates));
    }
  }
  return at(a.length, b.length);
}
