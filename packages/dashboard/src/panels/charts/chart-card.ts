import { nothing, render, type TemplateResult } from 'lit-html';
import type { ChartRun } from '../../state/chart-runs.ts';
import {
  type ChartName,
  type ChartSpec,
  chartNames,
  classCountOf,
  type YScale,
} from '../../state/chart-specs.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { seriesOf } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';
import { targetOf, type View } from '../../state/view.ts';
import type { AxisBounds, Range, Viewport } from '../../state/viewport.ts';
import { Throttle } from '../../ui/frames.ts';
import { listenForChartKeys } from './chart-keys.ts';
import type { ChartTableInput, chartTable } from './chart-table.ts';
import { type ChartContent, chartTemplate } from './chart-template.ts';
import {
  chartTexts,
  type DrawnChart,
  type LegendItem,
  legendItems,
  legendSentence,
  legendTitle,
  linesOfComparison,
} from './chart-text.ts';
import { errorScaleOf } from './error-scale.ts';
import { FrameBuilder, type Readout } from './frame-builder.ts';
import type { FullScreen } from './full-screen.ts';
import { listenForGestures } from './gestures.ts';
import type { EventMarker } from './overlays.ts';
import { Plot, type PlotSettings } from './plot.ts';
import { type YScaleChoice, yScaleChoice } from './y-scale.ts';

/** The state that all charts share. */
export interface ChartsState {
  /** The main run first, then the runs compared with it. */
  runs: readonly ChartRun[];
  view: View;
  /** The visible range of the x axis. */
  range: Range;
  bounds: AxisBounds;
  markers: readonly EventMarker[];
  /** x of the position of the timeline; null at its end, which is now. */
  moment: number | null;
  /** Id of the run of a comparison whose curves stand out; null for none. */
  emphasis: string | null;
}

/** The charts' shared state, and the actions of a single chart. */
export interface ChartCardContext {
  state(): ChartsState;
  setViewport(viewport: Viewport): void;
  /** Returns the scale that the y axis should have; undefined for the initial one. */
  scale(): YScale | undefined;
  /** Sets the scale of the y axis; undefined for the initial one, which suits the values of each run. */
  setScale(scale: YScale | undefined): void;
  /** Requests a frame, in which the charts are drawn. */
  requestFrame(): void;
  /** Announces a text to screen readers. */
  announce(text: string, topic: string): void;
  /** Returns the messages of the findings near an x. */
  messagesAt(x: number): string;
  /** Called when the cursor has moved. */
  onCursor(): void;
}

/** Returns the smoothing of the curves: 0 if the main run reports only epochs, because such a run has few points. */
const smoothingOf = (runs: readonly ChartRun[], { smoothing }: View): number =>
  runs[0]?.run.byEpoch ? 0 : smoothing;

/** Number of runs that are drawn with as many points each as one run alone. */
const fullyDrawnRuns = 4;

/** Maximum number of values that are announced at once. */
const spokenLimit = 5;

/** Time between two updates of the table: one that changes more often cannot be read. */
const tableIntervalMs = 1_000;

/**
 * A chart with its legend, axis choice, tools and caption. It renders its card itself, because the legend follows the
 * cursor in every frame.
 */
export class ChartCard {
  readonly element = document.createElement('article');
  readonly #spec: ChartSpec;
  /** The chart, if the page has an explanation of it. */
  readonly #explained: ChartName | undefined;
  readonly #context: ChartCardContext;
  readonly #frameBuilder: FrameBuilder;
  readonly #host: HTMLElement;
  readonly #throttle: Throttle;
  #plot: Plot | undefined;
  #drawn: DrawnChart | undefined;
  /** The inputs of the drawn frame. */
  #drawnInputs: readonly unknown[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;
  #isOnScreen = false;
  /** x of the cursor; null when there is none. */
  #cursor: number | null = null;
  /** Whether the keyboard moves the cursor, so that each position is announced. */
  #isKeyboardCursor = false;
  #visibilityObserver: IntersectionObserver | undefined;
  #fullScreen: FullScreen | undefined;
  /** The function that renders the table, loaded when the table is opened for the first time. */
  #chartTable: typeof chartTable | undefined;
  #table: TemplateResult | typeof nothing = nothing;
  #tableTime = Number.NEGATIVE_INFINITY;
  /**
   * Renders the card when one of its inputs has changed. New points are an input only until the first drawn frame: from then
   * on the texts change with the frames.
   */
  readonly #renderContent = memoizeLast((..._inputs: readonly unknown[]) => {
    render(
      chartTemplate(this.#content(), {
        setScale: (scale) => this.setScale(scale),
        toggleTable: () => this.#toggleTable(),
        saveImage: () => this.#saveImage(),
        toggleFullScreen: () => this.toggleFullScreen(),
      }),
      this.element,
    );
  });

  /** @param name Identifies the card in the page. */
  constructor(name: string, spec: ChartSpec, context: ChartCardContext) {
    this.#spec = spec;
    this.#explained = chartNames.find((each) => each === name);
    this.#context = context;
    this.#frameBuilder = new FrameBuilder(this.#spec);
    this.#throttle = new Throttle(this.#spec.minDrawIntervalMs, context.requestFrame);
    this.element.id = `${name}-chart`;
    this.element.className = 'card chart';
    this.render();
    this.#host = this.element.querySelector('.plot') as HTMLElement;
    this.#listen();
  }

  /** When the card was last drawn, in milliseconds of `performance.now()`; -Infinity if it never was. */
  get drawnAt(): number {
    return this.#drawnAt;
  }

  /** Whether the card is off screen, and what it draws has changed. */
  get isOutdatedOffScreen(): boolean {
    return !this.#isOnScreen && this.#isOutdated;
  }

  get #isOutdated(): boolean {
    const inputs = this.#inputs();
    return (
      inputs.length !== this.#drawnInputs.length ||
      inputs.some((input, index) => !Object.is(input, this.#drawnInputs[index]))
    );
  }

  /** Returns everything that the drawn frame depends on. */
  #inputs(): unknown[] {
    const { view, runs, range, markers, emphasis } = this.#context.state();
    const ofRuns = runs.flatMap(({ run, color }) => {
      const { length, generation } = seriesOf(run, this.#spec.series);
      return [run, color, run.started, run.epochs, length, generation];
    });
    return [view, emphasis, range.min, range.max, ...markers.map(({ x }) => x), ...ofRuns];
  }

  /**
   * Draws the chart if it is on screen and what it draws has changed: new data at most once per minimum interval, a change of the
   * view or the runs at once. The position of the timeline moves without a drawing.
   * @param always Whether to draw in any case, as for printing.
   */
  draw(always: boolean): void {
    const { view, runs, moment, emphasis } = this.#context.state();
    this.#plot?.markMoment(moment);
    if (!always && !(this.#isOnScreen && this.#isOutdated)) return;
    if (!always && this.#throttle.shouldWait(view, runs[0]?.run, runs.length, emphasis)) return;
    const plot = this.#currentPlot();
    this.#drawn = this.#build(plot.width);
    this.#drawnInputs = this.#inputs();
    this.#drawnAt = performance.now();
    plot.draw({ ...this.#drawn.frame.plot, markers: this.#context.state().markers });
    plot.markMoment(moment);
    this.element.dataset.points = String(runs[0] ? seriesOf(runs[0].run, this.#spec.series).length : 0);
  }

  /** The scale of the y axis. */
  get scale(): YScale {
    const { offered, initial } = this.#scaleChoice();
    const chosen = this.#context.scale();
    return chosen && offered.includes(chosen) ? chosen : initial;
  }

  /** Chooses the scale of the y axis. The initial scale counts as no choice, so that other runs may have another initial scale. */
  setScale(scale: YScale): void {
    this.#context.setScale(scale === this.#scaleChoice().initial ? undefined : scale);
  }

  /** Renders the card around the plot: the texts, the buttons and the table. */
  render(): void {
    this.#updateTable();
    const { view, runs, emphasis } = this.#context.state();
    const runInputs = runs.flatMap(({ run, name, color, hidden }) => [
      ...[run, name, color, hidden],
      this.#drawn ? null : seriesOf(run, this.#spec.series).length,
    ]);
    const ownInputs = [this.#drawn, this.#cursor, this.#table, this.#fullScreen?.isOn];
    this.#renderContent(view, emphasis, ...runInputs, ...ownInputs);
  }

  /** Draws again after the page's colours or size have changed. */
  recolor(): void {
    this.#plot?.recolor();
  }

  /** Releases the plot. The card can still be rendered, but not drawn any more. */
  destroy(): void {
    this.#visibilityObserver?.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  /**
   * Puts the cursor of all charts at `x`, or removes it if `x` is null.
   * @returns Whether the chart has a plot that can do this, which its first draw creates.
   */
  setCursor(x: number | null): boolean {
    if (x === null) this.#plot?.clearCursor();
    else this.#plot?.setCursor(x);
    return this.#plot !== undefined;
  }

  /** Focuses the plot, without scrolling. */
  focus(): void {
    this.element.querySelector<HTMLElement>('[data-part="plot"]')?.focus({ preventScroll: true });
  }

  async toggleFullScreen(): Promise<void> {
    if (!this.#fullScreen) {
      const { FullScreen } = await import('./full-screen.ts');
      this.#fullScreen ??= new FullScreen(this.element, () => this.render());
    }
    this.#fullScreen.set(!this.#fullScreen.isOn);
  }

  #listen(): void {
    const { requestFrame, setViewport, state } = this.#context;
    this.#visibilityObserver = new IntersectionObserver(
      (entries) => {
        // Several changes may arrive at once: the last one is current.
        this.#isOnScreen = entries.at(-1)?.isIntersecting ?? false;
        if (this.#isOnScreen) requestFrame();
      },
      { rootMargin: '100px' },
    );
    this.#visibilityObserver.observe(this.element);
    listenForChartKeys(this.#host, {
      ...{ setViewport, range: () => state().range, bounds: () => state().bounds },
      plot: () => this.#plot,
      cursor: () => this.#cursor,
      onInput: (keyboard) => {
        this.#isKeyboardCursor = keyboard;
      },
    });
  }

  /** Returns the plot, replaced when its curves or axes have changed, because uPlot cannot change them. */
  #currentPlot(): Plot {
    const settings = this.#plotSettings();
    const plotKey = JSON.stringify(settings);
    if (this.#plot && this.#host.dataset.plotKey === plotKey) return this.#plot;
    this.#plot?.destroy();
    this.#cursor = null;
    this.#host.dataset.plotKey = plotKey;
    this.#plot = new Plot({
      ...settings,
      host: this.#host,
      onCursor: (x) => this.#moveCursor(x),
      onResize: () => {
        // A wider plot shows more points.
        this.#drawnInputs = [];
        this.#context.requestFrame();
      },
    });
    this.#listenForGestures(this.#plot);
    return this.#plot;
  }

  #plotSettings(): PlotSettings {
    const { runs, view } = this.#context.state();
    return {
      curves: this.#frameBuilder.styles(runs),
      axis: view.axis,
      stepWord: stepWordOf(runs[0]?.run),
      log: { x: view.logX, y: this.scale === 'log' },
      errorScale: this.scale === 'error' ? errorScaleOf(runs) : null,
      formatY: this.#spec.tick,
    };
  }

  #listenForGestures(plot: Plot): void {
    const { state, setViewport } = this.#context;
    listenForGestures(plot.overlay, {
      ...{ setViewport, range: () => state().range, bounds: () => state().bounds },
      isWhole: () => state().view.viewport.kind === 'all',
      isFullScreen: () => this.#fullScreen?.isOn ?? false,
      pointAt: (share) => {
        const { min, max } = state().range;
        plot.setCursor(min + (max - min) * share);
      },
    });
  }

  /** @param width Width of the plot in device pixels. */
  #build(width: number): DrawnChart {
    const { runs, view, range, emphasis } = this.#context.state();
    const drawnCount = runs.filter(({ hidden }) => !hidden).length;
    const options = {
      ...{ axis: view.axis, range, scale: this.scale, smoothing: smoothingOf(runs, view) },
      emphasis,
      // Each of many runs has fewer points, so that a frame takes about as long as with a few.
      buckets: Math.max(1, Math.floor(width / 2 / Math.max(1, drawnCount / fullyDrawnRuns))),
      target: this.#spec.test === 'accuracy' ? targetOf(view, runs[0]?.run) : null,
    };
    return { frame: this.#frameBuilder.build(runs, options), options };
  }

  #scaleChoice(): YScaleChoice {
    return yScaleChoice(
      this.#spec,
      this.#context.state().runs.map(({ run }) => run),
    );
  }

  #moveCursor(x: number | null): void {
    // uPlot reports the cursor with each draw, also when there is none.
    if (x === null && this.#cursor === null) return;
    this.#cursor = x;
    this.render();
    this.#context.onCursor();
    if (x === null || !this.#isKeyboardCursor) return;
    const { title, items, listed, messages } = this.#legend();
    const spoken = items.length > spokenLimit ? listed : items;
    const texts = [this.#spec.title, legendSentence(title, spoken), messages];
    this.#context.announce(texts.filter(Boolean).join('. '), 'cursor');
  }

  /** The values of each run under the cursor, or its latest ones; undefined before the first. */
  readout(): Readout | undefined {
    const { runs, view } = this.#context.state();
    return this.#frameBuilder.readout(runs, this.#cursor, {
      axis: view.axis,
      smoothing: smoothingOf(runs, view),
    });
  }

  /** The position that the values of `readout` belong to: "Latest", or a step. */
  get legendTitle(): string {
    return legendTitle(this.#spec, this.readout(), {
      underCursor: this.#cursor !== null,
      stepWord: stepWordOf(this.#context.state().runs[0]?.run),
    });
  }

  /**
   * Returns the legend: `items` has every drawn run, as an image needs it. `listed` is what the card shows: of a comparison, whose
   * runs are in the legend of all charts, only the first one and the one that stands out.
   */
  #legend(): { title: string; items: LegendItem[]; listed: LegendItem[]; messages: string } {
    const { runs, emphasis } = this.#context.state();
    const items = legendItems(this.#spec, runs, this.readout());
    const isListed = ({ runId }: LegendItem): boolean => runId === items[0]?.runId || runId === emphasis;
    return {
      title: this.legendTitle,
      items,
      listed: runs.length > 1 ? items.filter(isListed) : items,
      messages: this.#cursor === null ? '' : this.#context.messagesAt(this.#cursor),
    };
  }

  #content(): ChartContent {
    const { title, listed: items, messages } = this.#legend();
    const { view, runs } = this.#context.state();
    return {
      ...{
        spec: this.#spec,
        unit: this.#spec.unit(runs[0]?.run),
        explained: this.#explained,
        classCount: classCountOf(runs[0]?.run),
        legendTitle: title,
        items,
        messages,
        table: this.#table,
      },
      ...chartTexts(this.#spec, { runs, viewport: view.viewport, drawn: this.#drawn }),
      ...{ scale: this.scale, scales: this.#scaleChoice().offered },
      fullScreen: this.#fullScreen?.isOn ?? false,
    };
  }

  async #toggleTable(): Promise<void> {
    if (this.#table === nothing) {
      this.#chartTable ??= (await import('./chart-table.ts')).chartTable;
      this.#table = this.#chartTable(this.#tableInput());
    } else this.#table = nothing;
    this.render();
  }

  #updateTable(): void {
    const now = performance.now();
    if (this.#table === nothing || now - this.#tableTime < tableIntervalMs) return;
    this.#table = this.#chartTable?.(this.#tableInput()) ?? nothing;
    this.#tableTime = now;
  }

  #tableInput(): ChartTableInput {
    const { runs, view, range } = this.#context.state();
    const options = { axis: view.axis, range, smoothing: smoothingOf(runs, view) };
    const shown = runs.filter(({ hidden }) => !hidden);
    return { spec: this.#spec, frameBuilder: this.#frameBuilder, runs: shown, options };
  }

  async #saveImage(): Promise<void> {
    if (!this.#drawn) return;
    const { saveChartImage } = await import('./chart-image.ts');
    const { runs, markers: findings, moment } = this.#context.state();
    const markers: EventMarker[] =
      moment === null ? [...findings] : [...findings, { x: moment, level: 'info' }];
    const { items } = this.#legend();
    const names = runs
      .filter(({ hidden }) => !hidden)
      .map(({ name }) => name)
      .join(', ');
    const { clientWidth: width, clientHeight: height } = this.#host;
    saveChartImage(
      {
        settings: this.#plotSettings(),
        frame: { ...this.#drawn.frame.plot, markers },
        size: { width, height },
      },
      {
        title: this.#spec.title,
        // The legend of a comparison names the runs.
        subtitle: runs.length > 1 && this.#spec.test ? linesOfComparison : names,
        names,
        items,
      },
    );
  }
}
