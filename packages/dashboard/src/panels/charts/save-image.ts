import { h } from '../../ui/dom.ts';
import type { LegendItem } from './chart-text.ts';
import { cutText, flow, pictureFile } from './image-layout.ts';

export interface PictureWords {
  title: string;
  /** What the picture shows, below the title. */
  subtitle: string;
  items: readonly LegendItem[];
}

const margin = 16;
const lineHeight = 20;
const fonts = { title: '600 15px', text: '13px', value: '600 13px' };

/** Saves a chart as a PNG file, with its title and its legend above it, as large as the screen shows it. */
export function savePicture(chart: HTMLCanvasElement, { title, subtitle, items }: PictureWords): void {
  const ratio = devicePixelRatio;
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const { fontFamily } = getComputedStyle(document.body);
  const measure = (text: string, font: string): number => {
    context.font = `${font} ${fontFamily}`;
    return context.measureText(text).width;
  };

  const room = chart.width / ratio - 2 * margin;
  const legend = items.map((item) => {
    const valueWidth = measure(item.value, fonts.value);
    const name = cutText(item.name, room - valueWidth - 26, (text) => measure(text, fonts.text));
    const nameWidth = measure(name, fonts.text);
    return { ...item, name, valueAt: nameWidth + 26, width: nameWidth + valueWidth + 26 };
  });
  const places = flow(
    legend.map(({ width }) => width),
    { room, gap: 18 },
  );
  const headHeight = 46 + lineHeight * ((places.at(-1)?.line ?? 0) + 1);

  canvas.width = chart.width;
  canvas.height = chart.height + headHeight * ratio;
  context.fillStyle = color('--surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(chart, 0, headHeight * ratio);
  context.scale(ratio, ratio);
  context.translate(margin, 0);
  const write = (
    text: string,
    [x, y]: readonly [number, number],
    look: [font: string, color: string],
  ): void => {
    context.font = `${look[0]} ${fontFamily}`;
    context.fillStyle = color(look[1]);
    context.fillText(text, x, y);
  };
  write(title, [0, 24], [fonts.title, '--text']);
  const behindTitle = measure(title, fonts.title) + 10;
  const shown = cutText(subtitle, room - behindTitle, (text) => measure(text, fonts.text));
  write(shown, [behindTitle, 24], [fonts.text, '--text-muted']);
  for (const [index, item] of legend.entries()) {
    const { x = 0, line = 0 } = places[index] ?? {};
    const y = 46 + line * lineHeight;
    context.fillStyle = color(item.color);
    context.fillRect(x, y - 5, 14, item.kind === 'raw' ? 1 : 3);
    write(item.name, [x + 20, y], [fonts.text, '--text-muted']);
    write(item.value, [x + item.valueAt, y], [fonts.value, '--text']);
  }
  canvas.toBlob((blob) => {
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    h('a', { href: url, download: pictureFile(subtitle, title) }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000); // The browser has read it by then.
  });
}
