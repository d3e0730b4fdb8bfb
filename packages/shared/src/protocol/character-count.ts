/**
 * Returns the number of characters of a text: its Unicode code points, which JSON Schema and most languages count. JavaScript's
 * `length` counts UTF-16 units, of which an emoji has two.
 */
export function characterCount(text: string): number {
  let count = 0;
  for (const _character of text) count++;
  return count;
}
