import { type AxisName, convertWindow, type PlacedSeries, placesOf } from '../../state/axis.ts';
import { chartNames } from '../../state/chart-specs.ts';
import type { Finding } from '../../state/findings.ts';
import type { Run } from '../../state/run.ts';
import { rangeOf, type Window } from '../../state/window.ts';
import { byId } from '../../ui/dom.ts';
import type { ViewStore } from '../../ui/view-store.ts';
import { type Chart, createChart } from './chart-card.ts';
import { batchesPerEpoch } from './curve.ts';
import { extentOf } from './extent.ts';
import { stepAtTime, stepPlace } from './frame-builder.ts';
import type { Scene } from './scene.ts';
import { createTools } from './toolbar.ts';

export interface ChartsInput {
  lines: Scene['lines'];
  findings: readonly Finding[];
  version: number;
}

/** All charts, which share one x axis, one cursor and one row of tools. */
export interface Charts {
  /** @param all Also those that are out of sight. */
  render(input: ChartsInput, all?: boolean): void;
  /** Writes the words of what was drawn. */
  write(): void;
  recolor(): void;
  /** Puts the cursor where something happened, and the charts into sight. */
  show(finding: Finding): void;
  /** Runs a tool by its name, as its key does. */
  press(tool: 'full' | 'log' | 'axis'): void;
}

/** How near the cursor must be to a flag to read it, as a share of the width. */
const nearFlag = 0.012;

export function createCharts(store: ViewStore, redraw: () => void): Charts {
  const spoken = byId('spoken', HTMLElement);
  let scene: Scene = {
    ...{ lines: [], view: store.view, flags: [], version: -1 },
    range: { min: 0, max: 100 },
    bounds: { all: { min: 0, max: 100 }, log: false },
  };
  let placed: { x: number; finding: Finding }[] = [];

  const moveTo = (window: Window): void => store.change({ window });
  const noteAt = (x: number): string => {
    const near = (scene.range.max - scene.range.min) * nearFlag;
    const messages = placed
      .filter((flag) => Math.abs(flag.x - x) <= near)
      .sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x))
      .map(({ finding }) => finding.message);
    return [...new Set(messages)].join(' ');
  };
  const charts = chartNames.map(
    (name): Chart =>
      createChart({
        ...{ name, scene: () => scene, moveTo, redraw, noteAt },
        setScale: (scale) => store.change({ scales: { ...store.view.scales, [name]: scale } }),
        speak: (text) => {
          spoken.textContent = text;
        },
      }),
  );
  byId('charts', HTMLElement).append(...charts.map(({ element }) => element));

  const setAxis = (axis: AxisName): void => {
    const run = scene.lines[0]?.run;
    const window = run
      ? convertWindow(store.view.window, stepPlaces(run, store.view.axis), stepPlaces(run, axis))
      : { kind: 'all' as const };
    store.change({ axis, window, ...(axis === 'clock' && { logX: false }) });
  };
  const follow = (): void => {
    const { min, max } = scene.range;
    if (store.view.window.kind === 'follow') moveTo({ kind: 'fixed', min, max });
    else if (store.view.window.kind === 'fixed') moveTo({ kind: 'follow', width: max - min });
  };
  const tools = createTools(store, { setAxis, follow, showAll: () => moveTo({ kind: 'all' }) });

  /** Where a finding stands: at its step or, belonging to none, at its time. */
  const placeOf = (run: Run, { step, time }: Finding): number | undefined => {
    const { axis } = store.view;
    if (axis === 'clock') return Date.parse(time);
    return stepPlace(run, step ?? stepAtTime(run, Date.parse(time)), axis);
  };

  return {
    render({ lines, findings, version }, all = false) {
      const { view } = store;
      const runs = lines.map(({ run }) => run);
      const extent = extentOf(runs, view.axis, view.logX);
      const main = runs[0];
      placed = main
        ? findings.flatMap((finding) => {
            const x = placeOf(main, finding);
            return x === undefined ? [] : [{ x, finding }];
          })
        : [];
      scene = {
        ...{ lines, view, version },
        range: rangeOf(view.window, extent),
        bounds: { all: extent.all, log: view.logX },
        flags: placed.map(({ x, finding }) => ({ x, level: finding.level })),
      };
      tools.render(main ?? null);
      for (const chart of charts) chart.render(all);
    },
    write() {
      for (const chart of charts) chart.write();
    },
    recolor() {
      for (const chart of charts) chart.recolor();
    },
    show(finding) {
      const run = scene.lines[0]?.run;
      const x = run && placeOf(run, finding);
      if (x === undefined) return;
      byId('charts', HTMLElement).scrollIntoView({ block: 'center' });
      charts[0]?.point(x);
    },
    press(tool) {
      if (tool === 'full')
        (charts.find(({ element }) => element.contains(document.activeElement)) ?? charts[0])?.toggleFull();
      else tools.press(tool);
    },
  };
}

const stepPlaces = (run: Run, axis: AxisName) =>
  placesOf(run.steps as PlacedSeries, axis, batchesPerEpoch(run));
