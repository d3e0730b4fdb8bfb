import { html, nothing, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { formatCount } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import type { Run } from '../../state/run.ts';
import { focusAfterRender, scrollAfterRender } from '../../ui/focus.ts';
import { info } from '../../ui/info.ts';
import type { PageActions, PageState, Panel } from '../../ui/panel.ts';
import { showMetricCharts } from '../charts/charts-panel.ts';
import { type MetricGroup, shownAtFirst, shownMetrics } from './metric-groups.ts';
import './metrics.css';

/** Whether the viewer has asked for the charts beyond the first ones. */
let showsAll = false;
let runId: string | undefined;

/**
 * Returns the metrics to show: the same object for the same arguments, so that no chart is created again.
 * @param sources The runs, and the parts of them that decide on their metrics: a run remains the same object when it changes.
 */
const shownOf = memoizeLast((search: string, limit: number, ...sources: readonly unknown[]) =>
  shownMetrics(
    sources.filter((source) => isRun(source)),
    search,
    limit,
  ),
);

const isRun = (source: unknown): source is Run =>
  typeof source === 'object' && source !== null && 'runId' in source;

/** The charts of the publisher's custom metrics, by group, with a search field when there are many. */
export const metricsPanel: Panel = {
  render(state, actions) {
    if (state.run?.runId !== runId) showsAll = false;
    runId = state.run?.runId;
    const runs = state.chartRuns.map(({ run }) => run);
    const limit = showsAll || state.printing ? Number.POSITIVE_INFINITY : shownAtFirst;
    const sources = runs.flatMap((run) => [run, run.metrics, run.started]);
    const { groups, total, found } = shownOf(state.view.metricSearch, limit, ...sources);
    const elements = showMetricCharts(groups.flatMap(({ specs }) => specs));
    return html`
      <section class="curves metrics" id="metrics" aria-labelledby="metrics-title">
        <div class="section-head">
          <h2 id="metrics-title">Metrics</h2>${info('metrics', 'Custom metrics')}
          ${total > shownAtFirst ? searchField(state, actions, found, total) : nothing}
        </div>
        ${groups.map((group) => groupCharts(group, elements))}
        ${found === 0 ? html`<p class="empty">No metric matches “${state.view.metricSearch}”.</p>` : nothing}
        ${
          found > shownAtFirst
            ? html`<button class="button" type="button" id="metrics-all" @click=${(event: Event) => toggleAll(event, actions)}>
                ${showsAll ? 'Show fewer' : `Show all ${formatCount(found)}`}
              </button>`
            : nothing
        }
      </section>`;
  },
};

const searchField = (
  { view }: PageState,
  { changeView }: PageActions,
  found: number,
  total: number,
): TemplateResult => html`
  <label class="tool">
    <span class="card-note" data-field="metric-count">${found === total ? '' : `${formatCount(found)} of `}${formatCount(total)} metrics</span>
    <input
      class="input" type="search" id="metric-search" placeholder="Find a metric" aria-label="Find a metric" maxlength="64"
      autocomplete="off" .value=${live(view.metricSearch)}
      @input=${(event: Event) => changeView({ metricSearch: (event.target as HTMLInputElement).value })}
    />
  </label>`;

function groupCharts({ title, specs }: MetricGroup, elements: readonly HTMLElement[]): TemplateResult {
  const names = new Set(specs.map((spec) => spec.title));
  const cards = elements.filter(({ dataset }) => names.has(dataset.metric ?? ''));
  return html`
    ${title === '' ? nothing : html`<h3 class="metric-group">${title}</h3>`}
    <div class="charts" data-small-charts=${cards.length}>${cards}</div>`;
}

const shownPlots = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('#metrics .plot')];

function toggleAll({ currentTarget }: Event, { refresh }: PageActions): void {
  showsAll = !showsAll;
  const before = new Set(shownPlots());
  refresh();
  if (showsAll) focusAfterRender(() => shownPlots().find((plot) => !before.has(plot)));
  else scrollAfterRender(currentTarget as Element);
}
