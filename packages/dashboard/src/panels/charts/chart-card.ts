import { html, render } from 'lit-html';
import { type ChartName, type ChartSpec, chartSpecs, type YScale } from '../../state/chart-specs.ts';
import type { View } from '../../state/view.ts';
import type { Viewport } from '../../state/viewport.ts';
import { onChange, part } from '../../ui/dom.ts';
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
  const element = createCard();
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

function createCard(): HTMLElement {
  const fragment = document.createDocumentFragment();
  render(
    html`<article class="card chart">
  <div class="card-head">
    <h3><span data-part="title">Chart</span> <small data-part="unit"></small></h3>
    <fieldset class="segments" data-part="scales"><legend class="sr-only"></legend></fieldset>
    <span class="chart-actions">
      <button class="icon-button small" type="button" data-part="table-toggle" aria-pressed="false" title="Show the numbers">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14" /></svg>
      </button>
      <button class="icon-button small" type="button" data-part="picture" title="Save as a picture (PNG)">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14" /></svg>
      </button>
      <button class="icon-button small" type="button" data-part="full" aria-pressed="false" title="Full screen">
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" /></svg>
      </button>
    </span>
  </div>
  <div class="legend">
    <span class="legend-at" data-part="at"></span>
    <span class="legend-items" data-part="items"></span>
  </div>
  <div class="plot-frame">
    <div class="plot" data-part="plot" role="application" aria-roledescription="chart"></div>
    <p class="empty" data-part="empty"></p>
  </div>
  <p class="caption"><span data-part="caption"></span><span class="alarm" data-part="alarm"></span><span class="marker-note" data-part="note"></span></p>
  <section class="scroll chart-table" data-part="table" hidden></section>
</article>`,
    fragment,
  );
  return part(fragment, '*');
}
