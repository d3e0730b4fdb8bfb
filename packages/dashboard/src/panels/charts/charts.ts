import { type AxisName, axisPositions, convertViewport, stepAtTime, stepPosition } from '../../state/axis.ts';
import { chartNames } from '../../state/chart-specs.ts';
import type { Finding } from '../../state/findings.ts';
import type { Run } from '../../state/run.ts';
import { type Viewport, visibleRange } from '../../state/viewport.ts';
import { byId } from '../../ui/dom.ts';
import type { ViewStore } from '../../ui/view-store.ts';
import { type Chart, createChart } from './chart-card.ts';
import { createToolbar } from './chart-toolbar.ts';
import type { ChartsState } from './charts-state.ts';
import { xExtent } from './x-range.ts';

export interface ChartsInput {
  /** The main run first, then the runs compared with it. */
  runs: ChartsState['runs'];
  /** Events of the main run to mark. */
  findings: readonly Finding[];
}

/** The charts, which share an x axis, a cursor and a toolbar. */
export interface Charts {
  /** @param all Draws charts that are off screen too. */
  render(input: ChartsInput, all?: boolean): void;
  /** Writes the texts of the last frames. */
  write(): void;
  recolor(): void;
  /** Scrolls to the charts and puts the cursor at an event. */
  show(finding: Finding): void;
  /** Runs the action of a key. */
  press(tool: 'full' | 'log' | 'axis'): void;
}

/** Distance from the cursor to a marker whose message is shown, as a share of the width. */
const markerReach = 0.012;

export function createCharts(store: Pick<ViewStore, 'view' | 'change'>, redraw: () => void): Charts {
  const spoken = byId('spoken', HTMLElement);
  let state: ChartsState = {
    ...{ runs: [], view: store.view, markers: [] },
    range: { min: 0, max: 100 },
    bounds: { all: { min: 0, max: 100 }, log: false },
  };
  let markers: { x: number; finding: Finding }[] = [];

  const setViewport = (viewport: Viewport): void => store.change({ viewport });
  const messagesAt = (x: number): string => {
    const near = (state.range.max - state.range.min) * markerReach;
    const messages = markers
      .filter((marker) => Math.abs(marker.x - x) <= near)
      .sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x))
      .map(({ finding }) => finding.message);
    return [...new Set(messages)].join(' ');
  };
  const charts = chartNames.map(
    (name): Chart =>
      createChart({
        ...{ name, state: () => state, setViewport, redraw, messagesAt },
        setScale: (scale) => store.change({ scales: { ...store.view.scales, [name]: scale } }),
        announce: (text) => {
          spoken.textContent = text;
        },
      }),
  );
  byId('charts', HTMLElement).append(...charts.map(({ element }) => element));

  const setAxis = (axis: AxisName): void => {
    const run = state.runs[0]?.run;
    const viewport = run
      ? convertViewport(store.view.viewport, axisPositions(run, store.view.axis), axisPositions(run, axis))
      : { kind: 'all' as const };
    store.change({ axis, viewport, ...(axis === 'clock' && { logX: false }) });
  };
  const follow = (): void => {
    const { min, max } = state.range;
    if (store.view.viewport.kind === 'follow') setViewport({ kind: 'fixed', min, max });
    else if (store.view.viewport.kind === 'fixed') setViewport({ kind: 'follow', width: max - min });
  };
  const toolbar = createToolbar(store, { setAxis, follow, showAll: () => setViewport({ kind: 'all' }) });

  /** Returns the x of a finding's step, or of its time when it has no step. */
  const positionOf = (run: Run, { step, time }: Finding): number | undefined => {
    const { axis } = store.view;
    if (axis === 'clock') return Date.parse(time);
    return stepPosition(run, step ?? stepAtTime(run, Date.parse(time)), axis);
  };

  return {
    render({ runs, findings }, all = false) {
      const { view } = store;
      const extent = xExtent(
        runs.map(({ run }) => run),
        view.axis,
        view.logX,
      );
      const main = runs[0]?.run;
      markers = main
        ? findings.flatMap((finding) => {
            const x = positionOf(main, finding);
            return x === undefined ? [] : [{ x, finding }];
          })
        : [];
      state = {
        ...{ runs, view },
        range: visibleRange(view.viewport, extent),
        bounds: { all: extent.all, log: view.logX },
        markers: markers.map(({ x, finding }) => ({ x, level: finding.level })),
      };
      toolbar.render(main ?? null);
      for (const chart of charts) chart.render(all);
    },
    write() {
      for (const chart of charts) chart.write();
    },
    recolor() {
      for (const chart of charts) chart.recolor();
    },
    show(finding) {
      const run = state.runs[0]?.run;
      const x = run && positionOf(run, finding);
      if (x === undefined) return;
      byId('charts', HTMLElement).scrollIntoView({ block: 'center' });
      charts[0]?.point(x);
    },
    press(tool) {
      if (tool === 'full')
        (charts.find(({ element }) => element.contains(document.activeElement)) ?? charts[0])?.toggleFull();
      else toolbar.press(tool);
    },
  };
}
