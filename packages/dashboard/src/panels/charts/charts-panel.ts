import { html, nothing } from 'lit-html';
import {
  type AxisName,
  axisNames,
  axisPositions,
  convertViewport,
  knownAxis,
  stepAtTime,
  stepPosition,
} from '../../state/axis.ts';
import type { ChartRun } from '../../state/chart-runs.ts';
import {
  type ChartName,
  type ChartSpec,
  chartNames,
  chartSpecs,
  shownCharts,
  type YScale,
} from '../../state/chart-specs.ts';
import type { Finding } from '../../state/findings.ts';
import type { Run } from '../../state/run.ts';
import { runBelow, runBelowText } from '../../state/run-below.ts';
import { defaultView, type View } from '../../state/view.ts';
import { type Range, type Viewport, visibleRange } from '../../state/viewport.ts';
import { announce } from '../../ui/announcer.ts';
import { Throttle } from '../../ui/frames.ts';
import { lazyPart } from '../../ui/lazy-part.ts';
import type { PageActions, PageState, Panel } from '../../ui/panel.ts';
import type { LegendColumn } from '../compare/comparison.ts';
import type { RunLegend } from '../compare/run-legend.ts';
import { ChartCard, type ChartsState } from './chart-card.ts';
import { linesOfComparison } from './chart-text.ts';
import { chartToolbar } from './chart-toolbar.ts';
import { xExtent } from './x-range.ts';
import './charts.css';
import './legend.css';

/** Maximum distance from the cursor to a marker whose message is shown, as a share of the visible range. */
const markerReach = 0.012;

/** Minimum time between two drawings of charts off screen, which are drawn in turn. */
const offScreenIntervalMs = 250;
/** Maximum number of charts to draw before they come into view: each has a canvas of up to 1 MB. */
const offScreenLimit = 24;

/** The charts of the page, which share an x axis and a cursor. */
class Charts {
  readonly #cards: ReadonlyMap<ChartName, ChartCard>;
  /** The cards of the custom metrics that are shown, by name. */
  readonly #metricCards = new Map<string, { card: ChartCard; key: string }>();
  #shown: readonly ChartName[] = chartNames;
  #shownMetrics: readonly ChartCard[] = [];
  readonly #actions: PageActions;
  readonly #offScreen: Throttle;
  #findings: readonly { x: number; finding: Finding }[] = [];
  /** The step of the timeline at which the cursor was last put; null for the end of the timeline. */
  #timelineStep: number | null = null;
  /** Id of the run whose row in the legend of a comparison has the pointer or the focus. */
  #hovered: string | null = null;
  readonly #loadedLegend: () => RunLegend | undefined;
  #state: ChartsState = {
    ...{ runs: [], view: defaultView, markers: [], moment: null, emphasis: null },
    range: { min: 0, max: 100 },
    bounds: { all: { min: 0, max: 100 }, log: false },
  };

  constructor(actions: PageActions) {
    this.#actions = actions;
    this.#offScreen = new Throttle(offScreenIntervalMs, actions.requestFrame);
    this.#loadedLegend = lazyPart(async () => {
      const { RunLegend } = await import('../compare/run-legend.ts');
      return new RunLegend(this.#legendActions());
    }, actions.refresh);
    this.#cards = new Map(
      chartNames.map((name) => [
        name,
        new ChartCard(name, chartSpecs[name], {
          ...this.#context(),
          scale: () => this.#state.view.scales[name],
          setScale: (scale) => {
            const { [name]: _, ...others } = this.#state.view.scales;
            actions.changeView({ scales: scale ? { ...others, [name]: scale } : others });
          },
        }),
      ]),
    );
  }

  /** The cards that are shown, without those of custom metrics. */
  get cards(): readonly ChartCard[] {
    return this.#shown.map((name) => this.#cards.get(name) as ChartCard);
  }

  /**
   * Shows the charts of these custom metrics, and returns their elements. A chart that is not shown costs nothing: its
   * curve is computed when it is shown.
   */
  showMetrics(specs: readonly ChartSpec[]): HTMLElement[] {
    const names = new Set(specs.map(({ title }) => title));
    for (const [name, { card }] of this.#metricCards)
      if (!names.has(name)) {
        card.destroy();
        this.#metricCards.delete(name);
      }
    this.#shownMetrics = specs.map((spec) => this.#metricCard(spec));
    for (const card of this.#shownMetrics) card.render();
    return this.#shownMetrics.map(({ element }) => element);
  }

  #metricCard(spec: ChartSpec): ChartCard {
    const name = spec.title;
    // A declared unit is fixed for a card: another unit needs another card.
    const key = spec.unit(undefined);
    const known = this.#metricCards.get(name);
    if (known?.key === key) return known.card;
    known?.card.destroy();
    const isLog = (): boolean => this.#state.view.logMetrics.includes(name);
    const card = new ChartCard(`metric-${name}`, spec, {
      ...this.#context(),
      scale: (): YScale => (isLog() ? 'log' : 'fit'),
      setScale: (scale) => {
        const others = this.#state.view.logMetrics.filter((other) => other !== name);
        this.#actions.changeView({ logMetrics: scale === 'log' ? [...others, name] : others });
      },
    });
    card.element.dataset.metric = name;
    this.#metricCards.set(name, { card, key });
    // Cards are created while the page is rendered, after the charts of the frame were drawn: the next frame draws this one.
    this.#actions.requestFrame();
    return card;
  }

  #context() {
    return {
      ...{ announce, requestFrame: this.#actions.requestFrame },
      state: () => this.#state,
      setViewport: (viewport: Viewport) => this.setViewport(viewport),
      messagesAt: (x: number) => this.#messagesAt(x),
      onCursor: () => this.renderLegend(),
    };
  }

  /** Renders the legend of a comparison. @returns Its element; undefined while it is not loaded and without a comparison. */
  renderLegend(): HTMLElement | undefined {
    const { runs, view, emphasis } = this.#state;
    if (runs.length < 2) return undefined;
    const legend = this.#loadedLegend();
    const values = this.#legendColumns();
    const title = this.cards[0]?.legendTitle ?? '';
    const note = values.some(({ name }) => name.startsWith('Test')) ? linesOfComparison : '';
    legend?.render({ runs, title, note, values, emphasis, pinned: view.pinned });
    return legend?.element;
  }

  /** Returns the values of the runs on the charts with test results: first those results, then those of the training, smoothed. */
  #legendColumns(): LegendColumn[] {
    const tested = (['accuracy', 'loss'] as const).filter((name) => this.#shown.includes(name));
    const columnsOf = (name: 'accuracy' | 'loss', kind: 'test' | 'smooth'): LegendColumn[] => {
      const { title, format } = chartSpecs[name];
      const values =
        this.#cards
          .get(name)
          ?.readout()
          ?.values.map((value) => value[kind]) ?? [];
      const isKnown = values.some((value) => value !== undefined);
      const named = kind === 'test' ? `Test ${title.toLowerCase()}` : `Train ${title.toLowerCase()}`;
      if (!isKnown) return [];
      const best = kind === 'test' ? bestIndex(values, name === 'accuracy' ? 1 : -1) : undefined;
      return [{ name: named, values: values.map((value) => format(value)), best }];
    };
    return (['test', 'smooth'] as const).flatMap((kind) => tested.flatMap((name) => columnsOf(name, kind)));
  }

  #legendActions() {
    const { changeView, refresh } = this.#actions;
    const view = (): View => this.#state.view;
    return {
      hover: (runId: string | null): void => {
        if (this.#hovered === runId) return;
        this.#hovered = runId;
        refresh();
      },
      togglePinned: (runId: string) => changeView({ pinned: view().pinned === runId ? null : runId }),
      toggleHidden: (runId: string): void => {
        const others = view().hidden.filter((other) => other !== runId);
        const hidden = others.length < view().hidden.length ? others : [...others, runId];
        changeView({ hidden, ...(view().pinned === runId && { pinned: null }) });
      },
      showAll: () => changeView({ hidden: [] }),
    };
  }

  /** Renders the cards, without drawing their plots. */
  render(chosen: View, chartRuns: readonly ChartRun[]): void {
    const runs = chartRuns.map(({ run }) => run);
    const view = this.#shownView(chosen, runs[0]);
    this.#state = { ...this.#state, view, emphasis: this.#emphasisOf(view, chartRuns) };
    this.#shown = shownCharts(runs);
    if (runs.every(({ metrics }) => metrics.size === 0)) this.showMetrics([]);
    for (const card of this.cards) card.render();
  }

  /** Draws the charts that are on screen and, in turn, those that are off screen; for printing, draws all of them. */
  draw({ view: chosen, chartRuns, findings, runAtStep, printing }: PageState): void {
    const runs = chartRuns.map(({ run }) => run);
    const view = this.#shownView(chosen, runs[0]);
    const extent = xExtent(runs, view.axis, view.logX);
    const [main] = runs;
    this.#findings = findings.flatMap((finding) => {
      const x = main && positionOf(main, finding, view.axis);
      return x === undefined ? [] : [{ x, finding }];
    });
    const step = runAtStep?.step ?? null;
    // A marker shows the position of the timeline, because the pointer may have moved the cursor elsewhere.
    const moment = main && step !== null ? (stepPosition(main, step, view.axis) ?? null) : null;
    const range = visibleRange(view.viewport, extent);
    const isCursorOutdated = step !== this.#timelineStep || (step !== null && this.#movesCursorTo(range));
    this.#state = {
      ...{ runs: chartRuns, view, moment, emphasis: this.#emphasisOf(view, chartRuns) },
      range,
      bounds: { all: extent.all, log: view.logX },
      markers: this.#findings.map(({ x, finding }) => ({ x, level: finding.level })),
    };
    const cards = [...this.cards, ...this.#shownMetrics];
    for (const card of cards) card.draw(printing);
    if (!printing) this.#drawOffScreen(cards.slice(0, offScreenLimit));
    if (isCursorOutdated && this.cards.some((card) => card.setCursor(moment))) this.#timelineStep = step;
  }

  /** Returns whether the cursor, which stays at its pixel, would be at another x in a range, and no viewer moves it. */
  #movesCursorTo({ min, max }: Range): boolean {
    const { range } = this.#state;
    return (
      (min !== range.min || max !== range.max) &&
      !this.cards.some(({ element }) => element.matches(':hover, :focus-within'))
    );
  }

  /** Returns the id of the run whose curves stand out: that under the pointer, or else the pinned one; null for none. */
  #emphasisOf({ pinned }: View, runs: readonly ChartRun[]): string | null {
    const isDrawn = (runId: string | null): boolean =>
      runs.length > 1 && runs.some(({ run, hidden }) => run.runId === runId && !hidden);
    return [this.#hovered, pinned].find(isDrawn) ?? null;
  }

  /**
   * Returns the view that the charts draw: with an axis that the run has, and without the step, which only moves the cursor. The
   * object stays the same while nothing in it changes, so that no chart is drawn again.
   */
  #shownView(chosen: View, run: Run | undefined): View {
    const { view: before } = this.#state;
    const view: View = { ...chosen, axis: knownAxis(run, chosen.axis), step: null };
    return (Object.keys(view) as (keyof View)[]).every((key) => view[key] === before[key]) ? before : view;
  }

  /** Draws the outdated chart off screen that was drawn the longest time ago: screenshots of the whole page show these charts too. */
  #drawOffScreen(cards: readonly ChartCard[]): void {
    const outdated = cards.filter((card) => card.isOutdatedOffScreen).sort((a, b) => a.drawnAt - b.drawnAt);
    const [next] = outdated;
    // A chart that was never drawn does not wait.
    if (!next || this.#offScreen.shouldWait(Number.isFinite(next.drawnAt) ? null : next)) return;
    next.draw(true);
    if (outdated.length > 1) this.#actions.requestFrame();
  }

  recolor(): void {
    for (const card of [...this.cards, ...this.#shownMetrics]) card.recolor();
  }

  setViewport(viewport: Viewport): void {
    this.#actions.changeView({ viewport });
  }

  /** Chooses an x axis and keeps the visible part of the run. */
  setAxis(axis: AxisName): void {
    const { view, runs } = this.#state;
    const run = runs[0]?.run;
    const viewport: Viewport = run
      ? convertViewport(view.viewport, axisPositions(run, view.axis), axisPositions(run, axis))
      : { kind: 'all' };
    this.#actions.changeView({ axis, viewport, ...(axis === 'clock' && { logX: false }) });
  }

  setNextAxis(): void {
    this.setAxis(axisNames[(axisNames.indexOf(this.#state.view.axis) + 1) % axisNames.length] as AxisName);
  }

  toggleFollow(): void {
    const { view, range } = this.#state;
    if (view.viewport.kind === 'follow') this.setViewport({ kind: 'fixed', ...range });
    else if (view.viewport.kind === 'fixed')
      this.setViewport({ kind: 'follow', width: range.max - range.min });
  }

  toggleLossScale(): void {
    const loss = this.#cards.get('loss');
    loss?.setScale(loss.scale === 'log' ? 'linear' : 'log');
  }

  /** Toggles the full screen of the chart that has the focus or, if none has it, of the first chart. */
  toggleFullScreen(): void {
    const focused = [...this.cards, ...this.#shownMetrics].find(({ element }) =>
      element.contains(document.activeElement),
    );
    (focused ?? this.cards[0])?.toggleFullScreen();
  }

  /** Puts the cursor at a finding, scrolls the charts into view and focuses the first one. */
  show(finding: Finding): void {
    const run = this.#state.runs[0]?.run;
    const x = run && positionOf(run, finding, this.#state.view.axis);
    if (x === undefined) return;
    document.getElementById('charts')?.scrollIntoView({ block: 'center' });
    const [card] = this.cards;
    card?.focus();
    card?.setCursor(x);
  }

  /** Returns the messages of the findings near an x, the nearest first. */
  #messagesAt(x: number): string {
    const { min, max } = this.#state.range;
    const messages = this.#findings
      .filter((marker) => Math.abs(marker.x - x) <= (max - min) * markerReach)
      .sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x))
      .map(({ finding }) => finding.message);
    return [...new Set(messages)].join(' ');
  }
}

/** Returns the index of the one highest value, or of the lowest with `sign` -1; undefined without one. */
function bestIndex(values: readonly (number | undefined)[], sign: 1 | -1): number | undefined {
  const scores = values.map((value) => (Number.isFinite(value) ? sign * (value as number) : -Infinity));
  const best = Math.max(...scores);
  const index = scores.indexOf(best);
  return Number.isFinite(best) && scores.lastIndexOf(best) === index ? index : undefined;
}

/** Returns the x of a finding: on the clock axis its time; on others its step or, without one, the step at its time. */
function positionOf(run: Run, { step, time }: Finding, axis: AxisName): number | undefined {
  if (axis === 'clock') return Date.parse(time);
  return stepPosition(run, step ?? stepAtTime(run, Date.parse(time)), axis);
}

let charts: Charts | undefined;

/** Puts the charts' cursor at a finding and scrolls the charts into view. */
export const showOnCharts = (finding: Finding): void => charts?.show(finding);

/** Runs an action of the charts that has a keyboard shortcut. */
export function runChartAction(action: 'axis' | 'log' | 'full'): void {
  if (action === 'axis') charts?.setNextAxis();
  else if (action === 'log') charts?.toggleLossScale();
  else charts?.toggleFullScreen();
}

/** Shows the charts of these custom metrics, and returns their elements. */
export const showMetricCharts = (specs: readonly ChartSpec[]): HTMLElement[] =>
  charts?.showMetrics(specs) ?? [];

/** The charts that are taller and wider than the others. */
const largeCharts: readonly string[] = ['loss-chart', 'accuracy-chart'];

/** The curves of the run, and the controls that all charts share. */
export const chartsPanel: Panel = {
  render(state, actions) {
    charts ??= new Charts(actions);
    charts.render(state.view, state.chartRuns);
    const { cards } = charts;
    const legend = state.chartRuns.length > 1 ? charts.renderLegend() : undefined;
    const below = runBelowText(runBelow(state));
    const small = cards.filter(({ element }) => !largeCharts.includes(element.id)).length;
    const toolbar = {
      setAxis: (axis: AxisName) => charts?.setAxis(axis),
      toggleFollow: () => charts?.toggleFollow(),
      showAll: () => charts?.setViewport({ kind: 'all' }),
    };
    return html`
      <section class="curves" id="curves" aria-labelledby="curves-title">
        <div class="section-head">
          <h2 id="curves-title" class=${cards.length === 0 ? 'sr-only' : nothing}>Curves</h2>
          ${chartToolbar(state, actions, toolbar)}
        </div>
        ${below === '' ? nothing : html`<p class="run-below" data-field="run-below">${below}</p>`}
        ${legend ?? nothing}
        <div class="charts" id="charts" data-small-charts=${small}>${cards.map(({ element }) => element)}</div>
      </section>`;
  },
  draw: (state) => charts?.draw(state),
  recolor: () => charts?.recolor(),
};
