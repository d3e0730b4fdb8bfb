// Draws what a terminal shows as an SVG.

/** Size of a character cell, in pixels: a multiple of the dots of the curve, of which a cell has two by four. */
const cell = { width: 8, height: 16 };
const margin = 12;
const background = '#0d1117';
const foreground = '#d1d7e0';
/** The colours of a terminal by the code that chooses them. */
const colours = {
  ...{ 30: '#484f58', 31: '#ff7b72', 32: '#3fb950', 33: '#d29922' },
  ...{ 34: '#58a6ff', 35: '#bc8cff', 36: '#39c5cf', 37: '#b1bac4' },
};
const plain = { colour: foreground, isBold: false, isDim: false };

/** Bits of a braille character by column and row of its dots. */
const dots = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
];

/** Returns the style after an escape sequence that has these codes. */
function changed(style, codes) {
  let next = style;
  for (const code of codes.split(';').map(Number))
    if (code === 0) next = plain;
    else if (code === 1) next = { ...next, isBold: true };
    else if (code === 2) next = { ...next, isDim: true };
    else if (code === 22) next = { ...next, isBold: false, isDim: false };
    else if (code === 39) next = { ...next, colour: foreground };
    else if (code === 49)
      continue; // the background, which has one colour
    else if (code in colours) next = { ...next, colour: colours[code] };
    else throw new Error(`expected a code of a style that the view uses, got ${code}`);
  return next;
}

/** Splits the lines into cells: a character with its style and its place. */
function cellsOf(text) {
  let style = plain;
  return text.split('\n').flatMap((line, row) => {
    let column = 0;
    const cells = [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with a control character.
    for (const [part, codes] of line.matchAll(/\x1b\[([0-9;]*)m|[^\x1b]/gu))
      if (codes === undefined) cells.push({ character: part, style, row, column: column++ });
      else style = changed(style, codes || '0');
    return cells;
  });
}

const rectangle = (x, y, width, height) => `M${x} ${y}h${width}v${height}h-${width}z`;

/** Returns the path of a character that is drawn, because fonts differ in its width; undefined for a letter. */
function pathOf({ character, row, column }) {
  const [x, y] = [margin + column * cell.width, margin + row * cell.height];
  const code = character.codePointAt(0);
  // Blocks whose left 8, 7, … 1 eighths are filled.
  if (code >= 0x2588 && code <= 0x258f) return rectangle(x, y + 3, 0x2590 - code, cell.height - 6);
  if (character === '░') return rectangle(x, y + cell.height / 2 - 1, cell.width, 2);
  if (code < 0x2800 || code > 0x28ff) return undefined;
  return dots
    .flatMap((rows, right) =>
      rows.map((bit, at) => (code & bit ? rectangle(x + 1 + 4 * right, y + 1 + 4 * at, 2, 2) : '')),
    )
    .join('');
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Returns an SVG of the text of a terminal, in which escape sequences choose styles. */
export function terminalPicture(text, { columns, rows, title }) {
  const paths = new Map();
  const runs = [];
  for (const each of cellsOf(text)) {
    const path = pathOf(each);
    if (path !== undefined) {
      paths.set(each.style.colour, (paths.get(each.style.colour) ?? '') + path);
      continue;
    }
    if (each.character === ' ') continue;
    const last = runs.at(-1);
    const isNext =
      last?.style === each.style && last.row === each.row && last.column + last.text.length === each.column;
    if (isNext) last.text += each.character;
    else runs.push({ ...each, text: each.character });
  }
  const [width, height] = [columns * cell.width + 2 * margin, rows * cell.height + 2 * margin];
  const letters = runs.map(({ style, row, column, text }) => {
    const attributes = [
      `x="${margin + column * cell.width}" y="${margin + row * cell.height + 12}"`,
      `textLength="${text.length * cell.width}" fill="${style.colour}"`,
      ...(style.isBold ? ['font-weight="bold"'] : []),
      ...(style.isDim ? ['opacity="0.7"'] : []),
    ];
    return `<text ${attributes.join(' ')}>${escaped(text)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
    ...[...paths].map(([colour, path]) => `<path fill="${colour}" d="${path}"/>`),
    ...letters,
    '</svg>\n',
  ].join('\n');
}
