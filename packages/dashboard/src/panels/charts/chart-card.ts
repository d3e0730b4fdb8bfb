import { type ChartName, type ChartSpec, chartSpecs, type YScale } from '../../state/chart-specs.ts';
import type { View } from '../../state/view.ts';
import type { Viewport } from '../../state/viewport.ts';
import { cloneTemplate, onChange, part } from '../../ui/dom.ts';
import { Rest } from '../../ui/frames.ts';
import { createCaptions, type DrawnFrame } from './captions.ts';
import { listenChartKeys } from './chart-keys.ts';
import type { ChartsState } from './charts-state.ts';
import { FrameBuilder } from './frame-builder.ts';
import { createFullScreen } from './full-screen.ts';
import { listenGestures } from './gestures.ts';
import { createScales, nameTools } from './legend.ts';
import { Plot } from './plot.ts';
import { savePicture } from './save-image.ts';
import { createTable } from './table.ts';

export interface ChartCardOptions {
  name: ChartName;
  state(): ChartsState;
  setViewport(viewport: Viewport): void;
  setScale(scale: YScale): void;
  redraw(): void;
  /** Announces a text to screen readers. */
  announce(text: string): void;
  /** Returns the messages of the events near an x. */
  messagesAt(x: number): string;
}

export interface Chart {
  name: ChartName;
  element: HTMLElement;
  /** @param all Draws the chart even when it is off screen, as for printing. */
  render(all: boolean): void;
  /** Writes the texts of the last frame. */
  write(): void;
  recolor(): void;
  /** Puts the cursor of all charts at an x. */
  point(x: number): void;
  toggleFull(): void;
}

/** Creates a chart with its legend, axis choice, tools and caption. */
export function createChart(options: ChartCardOptions): Chart {
  const { name, state } = options;
  const spec: ChartSpec = chartSpecs[name];
  const element = cloneTemplate('chart-template');
  element.id = `${name}-chart`;
  const inCard = (role: string): HTMLElement => part(element, `[data-part="${role}"]`);
  const host = inCard('plot');
  host.tabIndex = 0;
  host.setAttribute('aria-label', `${spec.title}, ${spec.unit}. Arrow keys move through the points.`);
  nameTools(element, spec.title);

  const frameBuilder = new FrameBuilder(spec);
  const captions = createCaptions(element, { ...options, spec, frameBuilder });
  const full = createFullScreen(element);
  const showScale = onChange(createScales(inCard('scales'), spec, options.setScale));
  const table = createTable(element, { spec, frameBuilder, state });
  const rest = new Rest(spec.minDrawIntervalMs, options.redraw);
  let plot: Plot | undefined;
  let drawn: DrawnFrame | undefined;
  let seen = false;
  new IntersectionObserver(
    ([entry]) => {
      seen = entry?.isIntersecting ?? false;
      if (seen) options.redraw();
    },
    { rootMargin: '100px' },
  ).observe(element);

  /** Replaces the plot when its curves or axes have changed: uPlot cannot change them. */
  const plotFor = (runs: ChartsState['runs'], { axis, logX, scales }: View): Plot => {
    const curves = frameBuilder.styles(runs);
    const log = { x: logX, y: scales[name] === 'log' };
    const kind = JSON.stringify([curves, axis, log]);
    if (plot && host.dataset.kind === kind) return plot;
    plot?.destroy();
    host.dataset.kind = kind;
    plot = new Plot({
      ...{ host, curves, axis, log, formatY: spec.tick },
      onCursor: captions.point,
      onResize: options.redraw,
    });
    listenGestures(plot.overlay, {
      range: () => state().range,
      bounds: () => state().bounds,
      isWhole: () => state().view.viewport.kind === 'all',
      isFullScreen: () => full.on,
      setViewport: options.setViewport,
      pointAt: (share) => {
        const { min, max } = state().range;
        plot?.setCursor(min + (max - min) * share);
      },
    });
    return plot;
  };

  const draw = (width: number): void => {
    const { runs, view, range, markers } = state();
    const frameOptions = {
      ...{ axis: view.axis, range, scale: view.scales[name], smoothing: view.smoothing },
      buckets: Math.max(1, Math.floor(width / 2)),
      target: spec.test === 'accuracy' ? view.target : null,
    };
    drawn = { frame: frameBuilder.build(runs, frameOptions), options: frameOptions };
    plotFor(runs, view).draw({ ...drawn.frame.plot, markers });
    element.dataset.points = String(runs[0]?.run[spec.series].length ?? 0);
    table.render();
  };

  inCard('picture').addEventListener('click', () => {
    const subtitle = state()
      .runs.map(({ name: run }) => run)
      .join(', ');
    if (plot) savePicture(plot.canvas, { title: spec.title, subtitle, items: captions.items() });
  });
  listenChartKeys(host, {
    plot: () => plot,
    cursor: () => captions.cursor,
    range: () => state().range,
    bounds: () => state().bounds,
    setViewport: options.setViewport,
    onInput: (keyboard) => {
      captions.announced = keyboard;
    },
  });

  return {
    ...{ name, element },
    render(all) {
      const { view, runs } = state();
      showScale(view.scales[name]);
      // A change of the view or the runs is drawn at once; new data only after the minimum interval.
      if (!all && (!seen || rest.holds(view, runs[0]?.run, runs.length))) return;
      draw(plot?.width ?? host.clientWidth * devicePixelRatio);
    },
    write() {
      if (drawn) captions.write(drawn);
    },
    recolor: () => plot?.recolor(),
    point: (x) => plot?.setCursor(x),
    toggleFull: () => full.set(!full.on),
  };
}
