import type { ChartSpec } from '../../state/chart-specs.ts';
import { part, setText } from '../../ui/dom.ts';
import {
  announcement,
  chartCaption,
  type LegendItem,
  legendItems,
  legendTitle,
  nonFiniteCaption,
} from './chart-text.ts';
import type { ChartsState } from './charts-state.ts';
import type { ChartFrame, ChartOptions, FrameBuilder } from './frame-builder.ts';
import { createLegend } from './legend.ts';

export interface CaptionsOptions {
  spec: ChartSpec;
  frameBuilder: FrameBuilder;
  state(): ChartsState;
  /** Announces a text to screen readers. */
  announce(text: string): void;
  /** Returns the messages of the events near an x. */
  messagesAt(x: number): string;
}

/** A frame with the options that it was built with. */
export interface DrawnFrame {
  frame: ChartFrame;
  options: ChartOptions;
}

/** The texts of a chart: legend, caption and placeholder. */
export interface ChartCaptions {
  /** Writes the texts of a frame. */
  write(drawn: DrawnFrame): void;
  /** Moves the legend to the cursor's x; null when the cursor has left. */
  point(x: number | null): void;
  /** Returns the current legend. */
  items(): LegendItem[];
  /** x of the cursor; null when there is none. */
  readonly cursor: number | null;
  /** Whether the keyboard moves the cursor, so that each position is announced. */
  announced: boolean;
}

export function createCaptions(element: HTMLElement, options: CaptionsOptions): ChartCaptions {
  const { spec, frameBuilder, state } = options;
  const inCard = (role: string): HTMLElement => part(element, `[data-part="${role}"]`);
  const [caption, alarm, empty] = [inCard('caption'), inCard('alarm'), inCard('empty')];
  const mark = inCard('note');
  setText(inCard('title'), spec.title);
  setText(inCard('unit'), spec.unit);
  const legend = createLegend(element);
  let drawn: DrawnFrame | undefined;
  let cursor: number | null = null;

  const writeLegend = (): void => {
    const { runs } = state();
    const readout = drawn && frameBuilder.readout(runs, cursor, drawn.options);
    const title = legendTitle(spec, readout, cursor !== null);
    const items = legendItems(spec, runs, readout);
    const note = cursor === null ? '' : options.messagesAt(cursor);
    legend(title, items);
    setText(mark, note);
    if (captions.announced && cursor !== null)
      options.announce(`${spec.title}. ${announcement(title, items)}${note && `. ${note}`}`);
  };

  const captions = {
    announced: false,
    get cursor() {
      return cursor;
    },
    items() {
      const { runs } = state();
      return legendItems(spec, runs, drawn && frameBuilder.readout(runs, cursor, drawn.options));
    },
    point(x: number | null) {
      cursor = x;
      writeLegend();
    },
    write(latest: DrawnFrame) {
      drawn = latest;
      const { frame, options: drawnWith } = latest;
      const { runs, view } = state();
      writeLegend();
      const whole = view.viewport.kind === 'all' && spec.series === 'steps';
      const thinned = whole ? (runs[0]?.run.steps.thinned ?? 0) : 0;
      const floor = drawnWith.scale === 'close' ? frame.plot.y.min : 0;
      setText(
        caption,
        chartCaption({ rowCount: frame.rowCount, pointCount: frame.pointCount, thinned, floor }),
      );
      const first = runs[0]?.run.diverged?.step;
      setText(alarm, spec.test === 'loss' ? nonFiniteCaption(frame.plot.nonFinite, first) : '');
      const hasRows = runs.some(({ run }) => run[spec.series].length > 0);
      setText(empty, hasRows ? 'No data in this range.' : spec.empty);
      empty.hidden = frame.pointCount > 0;
    },
  };
  return captions;
}
