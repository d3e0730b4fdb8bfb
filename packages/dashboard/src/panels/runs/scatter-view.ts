import type { RunSort } from '@mnist-monitor/shared/browser';
import { html, nothing, type TemplateResult } from 'lit-html';
import type { RunSummary } from '../../state/event-data.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { pointerText } from '../../ui/touch.ts';
import {
  axisChoices,
  pointText,
  type Scatter,
  type ScatterChoice,
  type ScatterPoint,
  scatterOf,
  scatterText,
  usualChoice,
} from './scatter-data.ts';
import { ScatterPlot } from './scatter-plot.ts';

/** The list of runs that the scatter plot belongs to. */
export interface ScatterViewOptions {
  isSelected(runId: string): boolean;
  select(runId: string): void;
  open(runId: string): void;
  /** Renders the list again. */
  refresh(): void;
}

/** Number of points by which each key moves through the points, in the order of x. */
const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  PageUp: -10,
  PageDown: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** A scatter plot of two values of the runs in the list, as points, in words and as a table. */
export class ScatterView {
  readonly #options: ScatterViewOptions;
  readonly #scatterOf = memoizeLast(scatterOf);
  #choice: ScatterChoice | undefined;
  #scatter: Scatter | undefined;
  #plot: ScatterPlot | undefined;
  #drawn: Scatter | undefined;
  /** The point under the pointer or the keyboard's cursor. */
  #point: ScatterPoint | undefined;

  constructor(options: ScatterViewOptions) {
    this.#options = options;
  }

  /** Renders the plot of runs; `draw` has to follow. */
  template(runs: readonly RunSummary[]): TemplateResult {
    if (runs.length > 0) this.#choice ??= usualChoice(runs);
    const choice = this.#choice ?? { x: 'started', y: 'loss' };
    const scatter = this.#scatterOf(runs, choice);
    this.#scatter = scatter;
    const point = scatter.points.find(({ runId }) => runId === this.#point?.runId);
    this.#point = point;
    return html`
      <div class="scatter">
        <div class="scatter-tools">
          ${this.#axisControl('x', 'Across', runs, scatter)} ${this.#axisControl('y', 'Up', runs, scatter)}
        </div>
        <div
          class="scatter-plot" id="scatter-plot" role="application" aria-roledescription="scatter plot" tabindex="0"
          aria-label="${scatter.y.label} by ${scatter.x.label}. Arrow keys move through the runs, Space selects one, Enter shows it."
          @keydown=${(event: KeyboardEvent) => this.#press(event)}
        ></div>
        <p class="scatter-point" role="status">${
          point
            ? html`<b>${pointText(scatter, point)}</b>`
            : pointerText(
                'Point at a run or use the arrow keys to read its values. A click selects it.',
                'Tap a run to read its values and to select it.',
              )
        }</p>
        <p class="card-note" id="scatter-text">${scatterText(scatter)}</p>
        <details class="scatter-values">
          <summary>Values as a table</summary>
          <table class="table" id="scatter-table">
            <thead><tr><th scope="col">Run</th><th scope="col">${scatter.x.label}</th><th scope="col">${scatter.y.label}</th></tr></thead>
            <tbody>
              ${scatter.points.map(
                ({ runId, name, xText, yText }) => html`
                  <tr>
                    <th scope="row"><button class="link" type="button" @click=${() => this.#options.open(runId)}>${name}</button></th>
                    <td>${xText}</td><td>${yText}</td>
                  </tr>`,
              )}
            </tbody>
          </table>
        </details>
      </div>`;
  }

  /** Draws the points after the template has been rendered. */
  draw(): void {
    const host = document.getElementById('scatter-plot');
    if (!host || !this.#scatter) return;
    if (this.#drawn !== this.#scatter) {
      this.#plot?.destroy();
      this.#plot = new ScatterPlot({
        ...{ host, scatter: this.#scatter, isSelected: this.#options.isSelected },
        onPoint: (point) => this.#setPoint(point),
        onChoose: ({ runId }) => this.#options.select(runId),
      });
      this.#drawn = this.#scatter;
    } else this.#plot?.redraw();
    this.#plot?.mark(this.#point);
  }

  /** Removes the plot, whose place in the page is removed. */
  clear(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#drawn = undefined;
    this.#point = undefined;
  }

  #axisControl(
    name: 'x' | 'y',
    label: string,
    runs: readonly RunSummary[],
    scatter: Scatter,
  ): TemplateResult {
    const axis = scatter[name];
    const log = name === 'x' ? 'logX' : 'logY';
    const change = (part: Partial<ScatterChoice>): void => {
      this.#choice = { x: scatter.x.sort, y: scatter.y.sort, ...this.#choice, ...part };
      this.#options.refresh();
    };
    const choose = ({ target }: Event): void =>
      change({ [name]: (target as HTMLSelectElement).value as RunSort, [log]: undefined });
    return html`
      <label class="tool">${label}
        <select class="input" id="scatter-${name}" @change=${choose}>
          ${axisChoices(runs, axis.sort).map(
            ({ sort, label: text }) =>
              html`<option value=${sort} .selected=${sort === axis.sort}>${text}</option>`,
          )}
        </select>
      </label>
      ${
        axis.mayBeLog
          ? html`
              <label class="tool">
                <input
                  type="checkbox" id="scatter-log-${name}" .checked=${axis.isLog}
                  @change=${({ target }: Event) => change({ [log]: (target as HTMLInputElement).checked })}
                />${axis.sort === 'bestAccuracy' ? 'Error scale' : `Log ${name}`}
              </label>`
          : nothing
      }`;
  }

  #setPoint(point: ScatterPoint | undefined): void {
    if (point?.runId === this.#point?.runId) return;
    this.#point = point;
    this.#options.refresh();
  }

  #press(event: KeyboardEvent): void {
    const points = this.#scatter?.points ?? [];
    const step = steps[event.key];
    if (step !== undefined) {
      const at = points.findIndex(({ runId }) => runId === this.#point?.runId);
      const from = at >= 0 ? at : step < 0 ? points.length : -1;
      this.#setPoint(points[Math.min(points.length - 1, Math.max(0, from + step))]);
    } else if (event.key === ' ' && this.#point) this.#options.select(this.#point.runId);
    else if (event.key === 'Enter' && this.#point) this.#options.open(this.#point.runId);
    else return;
    event.preventDefault();
  }
}
