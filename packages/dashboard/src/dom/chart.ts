import type { Flag } from '../charts/overlays.ts';
import { type ChartLook, Painter, type Reading, type RunLine } from '../charts/picture.ts';
import { createPlot, type Plot } from '../charts/plot.ts';
import { type ChartName, type ChartSpec, chartSpecs, type Scale } from '../charts/specs.ts';
import type { View } from '../charts/view.ts';
import { moved, type Range, type Window } from '../state/window.ts';
import { chartCaption, legendItems, legendPlace, spokenReading, stretchCaption } from '../views/charts.ts';
import { createLegend, createScales } from './chart-parts.ts';
import { savePicture } from './chart-picture.ts';
import { createTable } from './chart-table.ts';
import { cloneTemplate, onChange, part, setText } from './dom.ts';
import { listenGestures } from './gestures.ts';

/** What all charts are drawn from. */
export interface Scene {
  /** The first is the run that is shown, the others are laid over it. */
  lines: readonly (RunLine & { name: string })[];
  view: View;
  range: Range;
  bounds: { all: Range; log: boolean };
  flags: readonly Flag[];
  /** Another number whenever a run has changed: runs are changed in place. */
  version: number;
}

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
  const caption = inCard('caption');
  const alarm = inCard('alarm');
  const empty = inCard('empty');
  setText(inCard('title'), spec.title);
  setText(inCard('unit'), spec.unit);
  setText(empty, spec.empty);
  host.tabIndex = 0;
  host.setAttribute('aria-label', `${spec.title}, ${spec.unit}. Arrow keys move through the points.`);

  const painter = new Painter(spec);
  const legend = createLegend(element);
  const showScale = onChange(createScales(inCard('scales'), spec, options.setScale));
  const table = createTable(element, { spec, painter, scene });
  let plot: Plot | undefined;
  let look: ChartLook | undefined;
  let cursor: number | null = null;
  let byKeyboard = false;
  let seen = false;
  new IntersectionObserver(
    ([entry]) => {
      seen = entry?.isIntersecting ?? false;
      if (seen) options.redraw();
    },
    { rootMargin: '100px' },
  ).observe(element);

  const read = (): Reading | undefined => (look ? painter.read(scene().lines, cursor, look) : undefined);
  const showLegend = (): void => {
    const reading = read();
    const place = legendPlace(reading, cursor !== null);
    const items = legendItems(spec, scene().lines, reading);
    const note = cursor === null ? '' : options.noteAt(cursor);
    legend(note === '' ? place : `${place} · ${note}`, items);
    if (byKeyboard && cursor !== null)
      options.speak(`${spec.title}. ${spokenReading(place, items)}${note && `. ${note}`}`);
  };

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
      onCursor: (x) => {
        cursor = x;
        showLegend();
      },
      onResize: options.redraw,
    });
    listenGestures(plot.surface, {
      range: () => scene().range,
      bounds: () => scene().bounds,
      isWhole: () => scene().view.window.kind === 'all',
      isExpanded: () => isFull(element),
      change: options.moveTo,
      point: (share) => {
        const { min, max } = scene().range;
        plot?.setCursor(min + (max - min) * share);
      },
    });
    return plot;
  };

  // The arguments behind the width stand for what may have changed in the scene.
  const draw = onChange((width: number, ..._version: unknown[]) => {
    const { lines, view, range, flags } = scene();
    const target = spec.test === 'accuracy' ? view.target : null;
    look = {
      axis: view.axis,
      range,
      scale: view.scales[name],
      weight: view.smoothing,
      buckets: Math.max(1, Math.floor(width / 2)),
      target,
    };
    const { frame, rows, drawn } = painter.paint(lines, look);
    plotFor(lines, view).draw({ ...frame, flags });
    showLegend();
    showScale(view.scales[name]);
    const thinned =
      view.window.kind === 'all' && spec.series === 'steps' ? (lines[0]?.run.steps.thinned ?? 0) : 0;
    const floor = view.scales[name] === 'close' ? frame.y.min : 0;
    setText(caption, chartCaption({ rows, drawn, thinned, floor }));
    setText(alarm, spec.test === 'loss' ? stretchCaption(frame.stretches, lines[0]?.run.diverged?.step) : '');
    element.dataset.points = String(lines[0]?.run[spec.series].length ?? 0);
    empty.hidden = drawn > 0;
    table.render();
  });

  const setFull = (full: boolean): void => {
    element.classList.toggle('full', full);
    inCard('full').setAttribute('aria-pressed', String(full));
    if (full)
      element.requestFullscreen?.().catch(() => {}); // Where that is not to be had, filling the page will do.
    else if (document.fullscreenElement === element) document.exitFullscreen();
  };
  inCard('full').addEventListener('click', () => setFull(!isFull(element)));
  element.addEventListener('fullscreenchange', () => {
    if (document.fullscreenElement !== element) setFull(false);
  });
  inCard('picture').addEventListener('click', () => {
    const { lines } = scene();
    const subtitle = lines.map(({ name: run }) => run).join(', ');
    if (plot)
      savePicture(plot.canvas(), { title: spec.title, subtitle, items: legendItems(spec, lines, read()) });
  });

  host.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !plot) return;
    byKeyboard = true;
    if (!pressed(event)) byKeyboard = false;
    else event.preventDefault();
  });
  host.addEventListener('pointermove', () => {
    byKeyboard = false;
  });
  host.addEventListener('blur', () => plot?.clearCursor());
  const pressed = ({ key, shiftKey }: KeyboardEvent): boolean => {
    const points = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageUp: -50,
      PageDown: 50,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    }[key];
    const step = {
      '+': { factor: 0.5 },
      '=': { factor: 0.5 },
      '-': { factor: 2 },
      '[': { shift: -0.25 },
      ']': { shift: 0.25 },
    }[key];
    const { range, bounds } = scene();
    if (points !== undefined) plot?.moveCursor(shiftKey ? points * 10 : points);
    else if (step) options.moveTo(moved(range, { ...step, around: around(range) }, bounds));
    else if (key === '0') options.moveTo({ kind: 'all' });
    else if (key === 'Escape' && isFull(element)) setFull(false);
    else if (key === 'Escape') plot?.clearCursor();
    else return false;
    return true;
  };
  /** Zooming with the keyboard keeps the cursor where it is. */
  const around = ({ min, max }: Range): number =>
    cursor === null ? 0.5 : Math.min(1, Math.max(0, (cursor - min) / (max - min)));

  return {
    name,
    element,
    render(all) {
      if (!seen && !all) return;
      const { lines, view, range, flags, version } = scene();
      draw(
        plot?.width() ?? host.clientWidth * devicePixelRatio,
        version,
        range.min,
        range.max,
        view,
        flags,
        lines,
      );
    },
    recolor: () => plot?.recolor(),
    point: (x) => plot?.setCursor(x),
    toggleFull: () => setFull(!isFull(element)),
  };
}

const isFull = (element: HTMLElement): boolean => element.classList.contains('full');
