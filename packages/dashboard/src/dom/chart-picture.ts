import type { LegendItem } from '../views/charts.ts';
import { h } from './dom.ts';

export interface PictureWords {
  title: string;
  /** What the picture shows, below the title. */
  subtitle: string;
  items: readonly LegendItem[];
}

const headHeight = 66;

/** Saves a chart as a PNG file, with its title and its legend above it, as large as the screen shows it. */
export function savePicture(chart: HTMLCanvasElement, { title, subtitle, items }: PictureWords): void {
  const ratio = devicePixelRatio;
  const canvas = document.createElement('canvas');
  canvas.width = chart.width;
  canvas.height = chart.height + headHeight * ratio;
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const font = getComputedStyle(document.body).fontFamily;
  context.fillStyle = color('--surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(chart, 0, headHeight * ratio);
  context.scale(ratio, ratio);
  context.textBaseline = 'alphabetic';
  const write = (
    text: string,
    [x, y]: readonly [number, number],
    look: { font: string; color: string },
  ): number => {
    context.font = `${look.font} ${font}`;
    context.fillStyle = color(look.color);
    context.fillText(text, x, y);
    return x + context.measureText(text).width;
  };
  const behindTitle = write(title, [16, 24], { font: '600 15px', color: '--text' });
  write(subtitle, [behindTitle + 10, 24], { font: '13px', color: '--text-muted' });
  let x = 16;
  for (const item of items) {
    context.fillStyle = color(item.color);
    context.fillRect(x, 41, 14, item.kind === 'raw' ? 1 : 3);
    x = write(item.name, [x + 20, 46], { font: '13px', color: '--text-muted' });
    x = write(item.value, [x + 6, 46], { font: '600 13px', color: '--text' }) + 18;
  }
  canvas.toBlob((blob) => {
    if (!blob) return;
    const url = URL.createObjectURL(blob);
    const link = h('a', {
      href: url,
      download: `${subtitle.split(' ')[0]}-${title.toLowerCase().replaceAll(' ', '-')}.png`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000); // The browser has read it by then.
  });
}
