import type { CurveKey } from '../../ui/curve-key.ts';
import { saveFile } from '../../ui/save-file.ts';
import type { LegendItem } from './chart-text.ts';
import { Plot, type PlotFrame, type PlotSettings } from './plot.ts';

export interface ChartImageOptions {
  title: string;
  subtitle: string;
  /** The names of the runs, for the name of the file. */
  names: string;
  items: readonly LegendItem[];
}

/** A chart as it is drawn in the page. */
interface DrawnPlot {
  settings: PlotSettings;
  frame: PlotFrame;
  /** Size in CSS pixels. */
  size: { width: number; height: number };
}

/** A legend item with its layout; positions are in CSS pixels. */
interface PlacedItem extends LegendItem {
  x: number;
  /** Number of the line in the legend, from 0. */
  line: number;
  /** Start of the value, relative to `x`. */
  valueX: number;
}

type TextStyle = readonly [font: string, colorProperty: string];

const margin = 16;
const lineHeight = 20;
/** Height of the title in CSS pixels. It is also the y of the baseline of the legend's first line. */
const titleHeight = 46;
const itemGap = 18;
/** Width of a legend item's colour key and its gaps. */
const keyWidth = 34;
const styles = {
  title: ['600 15px', '--text'],
  subtitle: ['13px', '--text-muted'],
  name: ['13px', '--text-muted'],
  value: ['600 13px', '--text'],
} as const;

/** Size of an image as a multiple of the size of its chart on the screen. */
const imageZoom = 2;

/** Downloads a chart as a PNG file with its title and legend, at twice its size on the screen: enough for print and slides. */
export function saveChartImage(chart: DrawnPlot, options: ChartImageOptions): void {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) return;
  const host = document.createElement('div');
  host.className = 'image-plot';
  for (const side of ['width', 'height'] as const) host.style[side] = `${chart.size[side] * imageZoom}px`;
  document.body.append(host);
  const plot = new Plot({ ...chart.settings, host, zoom: imageZoom, onCursor() {}, onResize() {} });
  plot.draw(chart.frame);
  new ImageWriter(context, plot.canvas).draw(options);
  plot.destroy();
  host.remove();
  canvas.toBlob((blob) => blob && saveFile(blob, imageFileName(options.names, options.title)));
}

class ImageWriter {
  readonly #context: CanvasRenderingContext2D;
  readonly #chart: HTMLCanvasElement;
  readonly #pageStyle = getComputedStyle(document.documentElement);
  readonly #fontFamily = getComputedStyle(document.body).fontFamily;
  /** Number of pixels of the image per CSS pixel. */
  readonly #ratio: number;
  /** Width within the margins, in CSS pixels. */
  readonly #width: number;

  constructor(context: CanvasRenderingContext2D, chart: HTMLCanvasElement) {
    this.#context = context;
    this.#chart = chart;
    this.#ratio = devicePixelRatio * imageZoom;
    this.#width = chart.width / this.#ratio - 2 * margin;
  }

  draw({ title, subtitle, items }: ChartImageOptions): void {
    const legend = this.#layOut(items);
    this.#drawChart(titleHeight + lineHeight * ((legend.at(-1)?.line ?? 0) + 1));
    this.#write(title, [0, 24], styles.title);
    const subtitleX = this.#measure(title, styles.title) + 10;
    this.#write(this.#cut(subtitle, this.#width - subtitleX), [subtitleX, 24], styles.subtitle);
    for (const item of legend) this.#drawItem(item);
  }

  #layOut(items: readonly LegendItem[]): PlacedItem[] {
    const sized = items.map((item) => {
      const valueWidth = this.#measure(item.value, styles.value);
      const name = this.#cut(item.name, this.#width - valueWidth - keyWidth);
      const valueX = this.#measure(name, styles.name) + keyWidth;
      return { ...item, name, valueX, width: valueX + valueWidth };
    });
    const positions = flowItems(
      sized.map(({ width }) => width),
      { lineWidth: this.#width, gap: itemGap },
    );
    return sized.map((item, index) => ({ ...item, ...(positions[index] ?? { x: 0, line: 0 }) }));
  }

  /**
   * Sizes the canvas and draws the chart below the header. Later drawing uses CSS pixels, with x = 0 at the left margin.
   */
  #drawChart(headerHeight: number): void {
    const { canvas } = this.#context;
    canvas.width = this.#chart.width;
    canvas.height = this.#chart.height + headerHeight * this.#ratio;
    this.#context.fillStyle = this.#color('--surface');
    this.#context.fillRect(0, 0, canvas.width, canvas.height);
    this.#context.drawImage(this.#chart, 0, headerHeight * this.#ratio);
    this.#context.scale(this.#ratio, this.#ratio);
    this.#context.translate(margin, 0);
  }

  #drawItem({ name, value, x, line, valueX, ...key }: PlacedItem): void {
    const y = titleHeight + line * lineHeight;
    this.#drawKey(key, [x, y - 4]);
    this.#write(name, [x + keyWidth - 6, y], styles.name);
    this.#write(value, [x + valueX, y], styles.value);
  }

  /** Draws the mark of a curve as the curve itself is drawn. */
  #drawKey({ kind, color, dash = [] }: CurveKey, [x, y]: readonly [number, number]): void {
    const context = this.#context;
    context.strokeStyle = this.#color(kind === 'raw' ? `${color}-raw` : color);
    context.lineWidth = kind === 'raw' ? 1 : 2;
    context.setLineDash([...dash]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + 24, y);
    context.stroke();
    context.setLineDash([]);
    if (kind !== 'test') return;
    context.fillStyle = this.#color('--surface');
    context.beginPath();
    context.arc(x + 12, y, 3, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }

  #write(text: string, [x, y]: readonly [number, number], [font, color]: TextStyle): void {
    this.#context.font = `${font} ${this.#fontFamily}`;
    this.#context.fillStyle = this.#color(color);
    this.#context.fillText(text, x, y);
  }

  #measure(text: string, [font]: TextStyle): number {
    this.#context.font = `${font} ${this.#fontFamily}`;
    return this.#context.measureText(text).width;
  }

  #cut(text: string, width: number): string {
    return cutText(text, width, (cut) => this.#measure(cut, styles.name));
  }

  #color(property: string): string {
    return this.#pageStyle.getPropertyValue(property).trim();
  }
}

/** Shortens a text with an ellipsis until it fits into a width. */
export function cutText(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  const letters = [...text];
  while (letters.length > 0 && measure(`${letters.join('')}…`) > width) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}

/** Arranges items in lines, like words of a paragraph, and returns the position of each. */
export function flowItems(
  widths: readonly number[],
  { lineWidth, gap }: { lineWidth: number; gap: number },
): { x: number; line: number }[] {
  let [end, line] = [0, 0];
  return widths.map((width) => {
    if (end > 0 && end + width > lineWidth) [end, line] = [0, line + 1];
    const x = end;
    end += width + gap;
    return { x, line };
  });
}

/** Maximum length of each of the two parts of a file name: some file systems allow only 255 bytes. */
const nameLimit = 60;

/** Returns the file name of an image, which contains only letters, digits and hyphens. */
export function imageFileName(names: string, title: string): string {
  const plain = (text: string): string =>
    text
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .slice(0, nameLimit)
      .replace(/^-|-$/g, '');
  return [plain(names), plain(title.toLowerCase())].filter(Boolean).join('-').concat('.png');
}
