/** A text as wide as there is room, which is cut with an ellipsis where it is wider. */
export function cutText(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  const letters = [...text];
  while (letters.length > 0 && measure(`${letters.join('')}…`) > width) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}

/** Where things of these widths stand that go on in the next line when one is full. */
export function flow(
  widths: readonly number[],
  { room, gap }: { room: number; gap: number },
): { x: number; line: number }[] {
  let [end, line] = [0, 0];
  return widths.map((width) => {
    if (end > 0 && end + width > room) [end, line] = [0, line + 1];
    const x = end;
    end += width + gap;
    return { x, line };
  });
}

/** Some file systems take 255 bytes in a name. */
const nameLimit = 60;

/** The name of a picture's file, in letters, digits and hyphens alone. */
export function pictureFile(subtitle: string, title: string): string {
  const plain = (text: string): string =>
    text
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .slice(0, nameLimit)
      .replace(/^-|-$/g, '');
  return [plain(subtitle), plain(title.toLowerCase())].filter(Boolean).join('-').concat('.png');
}
