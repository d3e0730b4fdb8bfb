import { type ChartName, type ChartSpec, chartSpecs, type Scale } from '../../state/chart-specs.ts';
import type { View } from '../../state/view.ts';
import type { Window } from '../../state/window.ts';
import { cloneTemplate, onChange, part } from '../../ui/dom.ts';
import { Rest } from '../../ui/frames.ts';
import { createWords, type Drawn } from './captions.ts';
import { Painter } from './frame-builder.ts';
import { createFullScreen } from './full-screen.ts';
import { listenGestures } from './gestures.ts';
import { listenChartKeys } from './keys.ts';
import { createScales, nameTools } from './legend.ts';
import { createPlot, type Plot } from './plot.ts';
import { savePicture } from './save-image.ts';
import type { Scene } from './scene.ts';
import { createTable } from './table.ts';

export interface ChartOptions {
  name: ChartName;
  scene(): Scene;
  /** The viewer wants to see another stretch, another y axis, or what there is now. */
  moveTo(window: Window): void;
  setScale(scale: Scale): void;
  redraw(): void;
  /** Tells those who listen. */
  speak(text: string): void;
  /** What stands on the chart near this place, for its legend. */
  noteAt(x: number): string;
}

export interface Chart {
  name: ChartName;
  element: HTMLElement;
  /** @param all Whether to draw it even where nobody sees it: it goes on paper. */
  render(all: boolean): void;
  /** Writes the words of what was drawn. */
  write(): void;
  recolor(): void;
  /** Puts the cursor of all charts at a place. */
  point(x: number): void;
  toggleFull(): void;
}

/** A chart with its legend, its choice of axis, its tools and its caption. */
export function createChart(options: ChartOptions): Chart {
  const { name, scene } = options;
  const spec: ChartSpec = chartSpecs[name];
  const element = cloneTemplate('chart-template');
  element.id = `${name}-chart`;
  const inCard = (role: string): HTMLElement => part(element, `[data-part="${role}"]`);
  const host = inCard('plot');
  host.setAttribute('aria-label', `${spec.title}, ${spec.unit}. Arrow keys move through the points.`);
  nameTools(element, spec.title);

  const painter = new Painter(spec);
  const words = createWords(element, { ...options, spec, painter });
  const full = createFullScreen(element);
  const showScale = onChange(createScales(inCard('scales'), spec, options.setScale));
  const table = createTable(element, { spec, painter, scene });
  const rest = new Rest(spec.restMs, options.redraw);
  let plot: Plot | undefined;
  let drawn: Drawn | undefined;
  let seen = false;
  new IntersectionObserver(
    ([entry]) => {
      seen = entry?.isIntersecting ?? false;
      if (seen) options.redraw();
    },
    { rootMargin: '100px' },
  ).observe(element);

  /** A plot has its axes and curves for life: other ones need another plot. */
  const plotFor = (lines: Scene['lines'], { axis, logX, scales }: View): Plot => {
    const curves = painter.styles(lines);
    const log = { x: logX, y: scales[name] === 'log' };
    const kind = JSON.stringify([curves, axis, log]);
    if (plot && host.dataset.kind === kind) return plot;
    plot?.destroy();
    host.dataset.kind = kind;
    plot = createPlot({
      ...{ host, curves, axis, log, formatY: spec.tick },
      onCursor: words.point,
      onResize: options.redraw,
    });
    listenGestures(plot.surface, {
      range: () => scene().range,
      bounds: () => scene().bounds,
      isWhole: () => scene().view.window.kind === 'all',
      isExpanded: () => full.on,
      change: options.moveTo,
      point: (share) => {
        const { min, max } = scene().range;
        plot?.setCursor(min + (max - min) * share);
      },
    });
    return plot;
  };

  const draw = (width: number): void => {
    const { lines, view, range, flags } = scene();
    const look = {
      ...{ axis: view.axis, range, scale: view.scales[name], weight: view.smoothing },
      buckets: Math.max(1, Math.floor(width / 2)),
      target: spec.test === 'accuracy' ? view.target : null,
    };
    drawn = { picture: painter.paint(lines, look), look };
    plotFor(lines, view).draw({ ...drawn.picture.frame, flags });
    element.dataset.points = String(lines[0]?.run[spec.series].length ?? 0);
    table.render();
  };

  inCard('picture').addEventListener('click', () => {
    const subtitle = scene()
      .lines.map(({ name: run }) => run)
      .join(', ');
    if (plot) savePicture(plot.canvas(), { title: spec.title, subtitle, items: words.items() });
  });
  listenChartKeys(host, {
    plot: () => plot,
    cursor: () => words.cursor,
    range: () => scene().range,
    bounds: () => scene().bounds,
    moveTo: options.moveTo,
    pressed: (byKeyboard) => {
      words.spoken = byKeyboard;
    },
  });

  return {
    ...{ name, element },
    render(all) {
      const { view, lines } = scene();
      showScale(view.scales[name]);
      // Another view, or another run, is drawn at once; new data of the same when they have rested.
      if (!all && (!seen || rest.holds(view, lines[0]?.run, lines.length))) return;
      draw(plot?.width() ?? host.clientWidth * devicePixelRatio);
    },
    write() {
      if (drawn) words.write(drawn);
    },
    recolor: () => plot?.recolor(),
    point: (x) => plot?.setCursor(x),
    toggleFull: () => full.set(!full.on),
  };
}
