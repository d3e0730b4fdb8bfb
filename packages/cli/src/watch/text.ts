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

/** What a terminal can show. */
export interface TerminalFeatures {
  hasColours: boolean;
  hasUnicode: boolean;
}

/** Returns whether the locale of a terminal has Unicode. One that names no locale is assumed to have it, as nearly all have. */
export function hasUnicode({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG;
  return !locale || /utf-?8/i.test(locale);
}

const segmenter = new Intl.Segmenter();
/** Characters of East Asian scripts and emoji, which take two columns. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const isPlain = (text: string): boolean => /^[\x20-\x7e\u2500-\u28ff–…×]*$/.test(text);

/** Replaces characters that would control the terminal or hide text: answers of trainers and gateways may contain them. */
const visible = (text: string): string => (isPlain(text) ? text : text.replace(/\p{C}/gu, ' '));

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

/** Cuts a text that takes more columns, with … at its end. */
export function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  return columns < 1 ? '' : `${cut(text, columns - 1).trimEnd()}…`;
}

/** Fills a text with spaces to a number of columns, or shortens it. */
export function fit(text: string, columns: number): string {
  const shortened = shorten(text, columns);
  return shortened + ' '.repeat(columns - widthOf(shortened));
}

/** Breaks a text into at most `rows` lines, between words where these fit. The last line ends with … where text is left out. */
export function wrap(text: string, columns: number, rows: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (widthOf(rest) > columns && lines.length < rows - 1) {
    const line = cut(rest, columns);
    const end = rest[line.length] === ' ' ? line.length : line.lastIndexOf(' ');
    const length = end > 0 ? end : Math.max(1, line.length);
    lines.push(rest.slice(0, length));
    rest = rest.slice(length).trimStart();
  }
  return [...lines, shorten(rest, columns)];
}

/** Returns the number of columns of a line. */
export const lineWidth = (line: Line): number =>
  line.reduce((sum, part) => sum + widthOf(typeof part === 'string' ? part : part[0]), 0);

/** Something that a line shows, such as a value with its name, and its form for narrow terminals. */
export interface Item {
  full: Line;
  short: Line;
}

/** Returns the line of the items: in full, or else in their short forms, of which those at the end are left out that do not fit. */
export function lineOfItems(items: readonly Item[], columns: number): Line {
  const joined = (form: keyof Item, gap: string, count = items.length): Line =>
    items.slice(0, count).flatMap((item, at) => (at === 0 ? item[form] : [gap, ...item[form]]));
  const full = joined('full', '   ');
  if (lineWidth(full) <= columns) return full;
  for (let count = items.length; count > 1; count--) {
    const line = joined('short', '  ', count);
    if (lineWidth(line) <= columns) return line;
  }
  return joined('short', '', 1);
}

/** Characters that a terminal without Unicode shows instead of those of the frame. */
const asciiForms: Readonly<Record<string, string>> = {
  ...{ '●': '*', '○': 'o', '‖': '=', '✓': 'v', '■': '#', '✗': 'x', '·': '.', '×': 'x', '…': '~' },
  ...{ '←': '<', '→': '>', '█': '#', '░': '-', '▏': '|' },
};

/** Replaces all characters beyond ASCII by ASCII of the same width: the dots of a curve by one of ' . and :. */
export function toAscii(text: string): string {
  if (!/[^\x20-\x7e]/.test(text)) return text;
  let result = '';
  for (const { segment } of segmenter.segment(text)) {
    if (/^[\x20-\x7e]$/.test(segment)) result += segment;
    else result += asciiForms[segment] ?? dotsOf(segment) ?? '?'.repeat(widthOf(segment));
  }
  return result;
}

/** Returns the form of a character of the curve, which has eight dots, or of the end of a bar. */
function dotsOf(character: string): string | undefined {
  const code = character.charCodeAt(0);
  if (code >= 0x2589 && code <= 0x258e) return '#';
  if (code < 0x2800 || code > 0x28ff) return undefined;
  const [upper, lower] = [code & 0x1b, code & 0xe4];
  if (upper && lower) return ':';
  return upper ? "'" : lower ? '.' : ' ';
}

/** Returns a line as the terminal receives it, cut to its columns. */
export function encodeLine(
  line: Line,
  columns: number,
  { hasColours, hasUnicode }: TerminalFeatures,
): string {
  let [result, left] = ['', columns];
  for (const part of line) {
    const [text, style] = typeof part === 'string' ? [part, undefined] : part;
    const shortened = shorten(visible(text), left);
    left -= widthOf(shortened);
    const shown = hasUnicode ? shortened : toAscii(shortened);
    result += style && hasColours && shown !== '' ? `\x1b[${codes[style]}m${shown}\x1b[0m` : shown;
    if (left <= 0) break;
  }
  return result.trimEnd();
}
