import { Curve, type CurveColumn, type CurveView } from '../charts/curves.ts';
import { createPlot, type Plot } from '../charts/plot.ts';
import type { Run } from '../state/run.ts';
import {
  chartCaption,
  formatters,
  legendText,
  lossTick,
  percentTick,
  stretchCaption,
} from '../views/charts.ts';
import { byId, onChange, part, setText } from './dom.ts';

export interface ChartOptions<V extends CurveView> {
  id: string;
  column: CurveColumn;
  view: V;
  /** The viewer chose another y axis. */
  viewChanged: (view: V) => void;
  /** The chart has another size: what it draws is to be thinned anew. */
  resized: () => void;
}

/** A chart with its legend, its choice of axis and its caption. */
export interface Chart {
  render(run: Run | null, weight: number): void;
  recolor(): void;
}

export function createChart<V extends CurveView>(options: ChartOptions<V>): Chart {
  const { column } = options;
  const root = byId(options.id, HTMLElement);
  const inRoot = (name: string): HTMLElement => part(root, `[data-part="${name}"]`);
  const host = inRoot('plot');
  const legend = { at: inRoot('at'), raw: inRoot('raw'), smooth: inRoot('smooth'), test: inRoot('test') };
  const caption = inRoot('caption');
  const alarm = inRoot('alarm');
  const empty = inRoot('empty');
  const curve = new Curve(column);
  let view = options.view;
  let cursor: number | null = null;

  const showLegend = (): void => {
    const text = legendText(curve.read(cursor), { hovered: cursor !== null, format: formatters[column] });
    for (const name of ['at', 'raw', 'smooth', 'test'] as const) setText(legend[name], text[name]);
  };

  const newPlot = (): Plot =>
    createPlot({
      host,
      logarithmic: view === 'loss-log',
      joinPoints: column === 'accuracy',
      colors: { dense: '--train', points: '--test' },
      formatY: column === 'loss' ? lossTick : percentTick,
      onCursor: (x) => {
        cursor = x;
        showLegend();
      },
      onResize: options.resized,
    });
  let plot = newPlot();

  // The arguments beyond the run stand for what may have changed in it: it is changed in place.
  const draw = onChange(
    (run: Run | null, weight: number, shown: V, width: number, ..._version: unknown[]) => {
      curve.follow(run);
      const frame = curve.frame({ view: shown, weight, width });
      plot.draw(frame);
      showLegend();
      const { steps } = run ?? { steps: { length: 0, thinned: 0 } };
      const drawn = frame.rows[1].filter((cell) => cell !== undefined).length;
      const floor = column === 'accuracy' ? frame.y.min : 0;
      setText(caption, chartCaption({ batches: steps.length, drawn, thinned: steps.thinned, floor }));
      setText(alarm, stretchCaption(frame.stretches));
      root.dataset.points = String(steps.length);
      empty.hidden = steps.length > 0;
    },
  );

  const buttons = [...root.querySelectorAll<HTMLButtonElement>('[data-view]')];
  const showView = (): void => {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.view === view));
  };
  for (const button of buttons)
    button.addEventListener('click', () => {
      const chosen = button.dataset.view as V;
      if (chosen === view) return;
      view = chosen;
      showView();
      plot.destroy();
      plot = newPlot();
      options.viewChanged(view);
    });
  showView();

  host.tabIndex = 0;
  host.addEventListener('keydown', (event) => {
    const points = { ArrowLeft: -1, ArrowRight: 1, PageUp: -50, PageDown: 50 }[event.key];
    if (points !== undefined) plot.moveCursor(event.shiftKey ? points * 10 : points);
    else if (event.key === 'Escape') plot.clearCursor();
    else return;
    event.preventDefault();
  });
  host.addEventListener('blur', () => plot.clearCursor());

  return {
    render: (run, weight) =>
      draw(
        run,
        weight,
        view,
        plot.width(),
        run?.steps.length,
        run?.steps.generation,
        run?.epochs,
        run?.started,
      ),
    recolor: () => plot.recolor(),
  };
}
