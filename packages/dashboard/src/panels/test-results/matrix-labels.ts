/** The labels of a drawn confusion matrix; sizes in CSS pixels. */
export interface LabelLayout {
  /** Space left of and above the cells. */
  space: number;
  /** Side of a cell. */
  cellSide: number;
  /** The label of each class: its name, or its number where names do not fit. */
  names: readonly string[];
  /** Every `step`-th class has a label. */
  step: number;
  /** Whether the labels above the columns are turned by 90°. */
  isRotated: boolean;
  fontSize: number;
}

export interface LabelLayoutOptions {
  classes: readonly string[];
  /** The names if all are short, otherwise the numbers of the classes. */
  shortNames: readonly string[];
  /** Side of the canvas. */
  side: number;
  widthOf(text: string, fontSize: number): number;
}

/** Space for numbers and short names. */
const shortSpace = 30;
/** Maximum space for names, in pixels and as a share of the canvas's side: longer names are cut. */
const maxSpace = { pixels: 110, share: 0.28 };
/** Smallest side of a cell beside which a line of text can be read. */
const minLine = 9;
/** Minimum space at each end of a label. */
const gap = 4;

/** Returns the labels of a matrix: all names where there is a line for each, otherwise every `step`-th short name or number. */
export function labelLayout({ classes, shortNames, side, widthOf }: LabelLayoutOptions): LabelLayout {
  const count = Math.max(1, classes.length);
  const maxNameSpace = Math.min(maxSpace.pixels, side * maxSpace.share);
  const fitsLine = (space: number): boolean => (side - space) / count >= minLine;
  const areShort = shortNames[0] === classes[0];
  if (fitsLine(areShort ? shortSpace : maxNameSpace)) {
    const fontSize = Math.min(12, ((side - (areShort ? shortSpace : maxNameSpace)) / count) * 0.9);
    const widest = Math.max(...classes.map((name) => widthOf(name, fontSize)));
    const space = Math.max(shortSpace, Math.min(maxNameSpace, widest + 2 * gap));
    const cellSide = (side - space) / count;
    return { space, cellSide, names: classes, step: 1, isRotated: widest + 1 > cellSide, fontSize };
  }
  const fontSize = 10;
  const cellSide = (side - shortSpace) / count;
  const widest = widthOf(shortNames.at(-1) ?? '', fontSize) + 2 * gap;
  const step = [2, 5, 10, 20, 50, 100, 200].find((each) => each * cellSide >= widest) ?? 500;
  return { space: shortSpace, cellSide, names: shortNames, step, isRotated: false, fontSize };
}

/** Returns the text, or its beginning with an ellipsis where it is wider than `width`. */
export function fitText(text: string, width: number, widthOf: (text: string) => number): string {
  if (widthOf(text) <= width) return text;
  let length = text.length;
  while (length > 1 && widthOf(`${text.slice(0, length)}…`) > width) length--;
  return `${text.slice(0, length)}…`;
}
