/** A style of a part of a line. */
export type Style = 'bold' | 'dim' | 'good' | 'bad' | 'warn' | 'curve' | 'accent';

/** Codes of the styles: those of the sixteen colours that every terminal has, in its own theme. */
const codes: Record<Style, string> = {
  bold: '1',
  dim: '2',
  good: '32',
  bad: '31',
  warn: '33',
  curve: '36',
  accent: '1;36',
};

/** A text with a style; a text alone has none. */
export type Part = string | readonly [text: string, style: Style];
export type Line = readonly Part[];

const segmenter = new Intl.Segmenter();
/** Characters of East Asian scripts and emoji, which take two columns. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const isPlain = (text: string): boolean => /^[\x20-\x7e\u2500-\u28ff–…×]*$/.test(text);

/** Returns the number of columns that a text takes in a terminal. */
export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}

/** Cuts a text to a number of columns. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let [result, width] = ['', 0];
  for (const { segment } of segmenter.segment(text)) {
    width += wide.test(segment) ? 2 : 1;
    if (width > columns) break;
    result += segment;
  }
  return result;
}

/** Fills a text with spaces to a number of columns, or cuts it. */
export function fit(text: string, columns: number): string {
  const shortened = cut(text, columns);
  return shortened + ' '.repeat(columns - widthOf(shortened));
}

/** Returns a line as the terminal receives it, cut to its columns. */
export function encodeLine(line: Line, columns: number, hasColours: boolean): string {
  let [result, left] = ['', columns];
  for (const part of line) {
    const [text, style] = typeof part === 'string' ? [part, undefined] : part;
    const shortened = cut(text, left);
    left -= widthOf(shortened);
    result +=
      style && hasColours && shortened !== '' ? `\x1b[${codes[style]}m${shortened}\x1b[0m` : shortened;
    if (left === 0) break;
  }
  return result.trimEnd();
}
