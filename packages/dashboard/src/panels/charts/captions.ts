import type { ChartSpec } from '../../state/chart-specs.ts';
import { part, setText } from '../../ui/dom.ts';
import {
  chartCaption,
  type LegendItem,
  legendItems,
  legendPlace,
  spokenReading,
  stretchCaption,
} from './chart-text.ts';
import type { ChartLook, Painter, Picture } from './frame-builder.ts';
import { createLegend } from './legend.ts';
import type { Scene } from './scene.ts';

export interface WordsOptions {
  spec: ChartSpec;
  painter: Painter;
  scene(): Scene;
  /** Tells those who listen. */
  speak(text: string): void;
  /** What stands on the chart near this place. */
  noteAt(x: number): string;
}

/** What was drawn last, and how it was looked at. */
export interface Drawn {
  picture: Picture;
  look: ChartLook;
}

/** The words of a chart: the legend with the values under the cursor, the caption, and what stands for an empty chart. */
export interface ChartWords {
  /** Writes what belongs to a drawing. */
  write(drawn: Drawn): void;
  /** The cursor is at another place; null when it has left. */
  point(x: number | null): void;
  /** The legend as it is now. */
  items(): LegendItem[];
  /** Where the cursor is. */
  readonly cursor: number | null;
  /** Whether the cursor is moved with the keyboard: then each place is spoken. */
  spoken: boolean;
}

export function createWords(element: HTMLElement, options: WordsOptions): ChartWords {
  const { spec, painter, scene } = options;
  const inCard = (role: string): HTMLElement => part(element, `[data-part="${role}"]`);
  const [caption, alarm, empty] = [inCard('caption'), inCard('alarm'), inCard('empty')];
  const mark = inCard('note');
  setText(inCard('title'), spec.title);
  setText(inCard('unit'), spec.unit);
  const legend = createLegend(element);
  let drawn: Drawn | undefined;
  let cursor: number | null = null;

  const writeLegend = (): void => {
    const { lines } = scene();
    const reading = drawn && painter.read(lines, cursor, drawn.look);
    const place = legendPlace(spec, reading, cursor !== null);
    const items = legendItems(spec, lines, reading);
    const note = cursor === null ? '' : options.noteAt(cursor);
    legend(place, items);
    setText(mark, note);
    if (words.spoken && cursor !== null)
      options.speak(`${spec.title}. ${spokenReading(place, items)}${note && `. ${note}`}`);
  };

  const words = {
    spoken: false,
    get cursor() {
      return cursor;
    },
    items() {
      const { lines } = scene();
      return legendItems(spec, lines, drawn && painter.read(lines, cursor, drawn.look));
    },
    point(x: number | null) {
      cursor = x;
      writeLegend();
    },
    write(latest: Drawn) {
      drawn = latest;
      const { picture, look } = latest;
      const { lines, view } = scene();
      writeLegend();
      const whole = view.window.kind === 'all' && spec.series === 'steps';
      const thinned = whole ? (lines[0]?.run.steps.thinned ?? 0) : 0;
      const floor = look.scale === 'close' ? picture.frame.y.min : 0;
      setText(caption, chartCaption({ rows: picture.rows, drawn: picture.drawn, thinned, floor }));
      const first = lines[0]?.run.diverged?.step;
      setText(alarm, spec.test === 'loss' ? stretchCaption(picture.frame.stretches, first) : '');
      const hasRows = lines.some(({ run }) => run[spec.series].length > 0);
      setText(empty, hasRows ? 'Nothing in this stretch.' : spec.empty);
      empty.hidden = picture.drawn > 0;
    },
  };
  return words;
}
