import { html } from 'lit-html';
import type { Finding } from '../../state/findings.ts';
import type { PageActions, PageState, Panel } from '../../ui/panel.ts';
import { exportMenu } from '../export/export-menu.ts';
import { type Charts, createCharts } from './charts.ts';

let charts: Charts | undefined;
let shown: PageState;

function create(actions: PageActions): Charts {
  const store = {
    get view() {
      return shown.view;
    },
    change: actions.changeView,
  };
  return createCharts(store, actions.refresh);
}

/** Puts the charts' cursor at a finding and scrolls the charts into view. */
export const showOnCharts = (finding: Finding): void => charts?.show(finding);

/** Runs a tool of the charts by its name. */
export const pressChartTool = (tool: 'full' | 'log' | 'axis'): void => charts?.press(tool);

/** The curves of the run, and the tools that all charts share. */
export const chartsPanel: Panel = {
  render(state, actions) {
    charts?.write();
    const { run, unseen } = state;
    return html`
      <section class="curves" aria-labelledby="curves-title">
        <div class="section-head">
          <h2 id="curves-title">Curves</h2>
          <div class="tools" id="tools">
            <span class="chips">
              <button class="chip" type="button" id="follow" hidden>Follow the latest</button>
              <button class="chip" type="button" id="zoom-reset" hidden>Show all</button>
              <button
                class="chip" type="button" id="view-pause"
                ?hidden=${run === null} aria-pressed=${unseen !== null} @click=${actions.togglePause}
              >${unseen === null ? 'Pause view' : `Resume view, ${unseen} new`}</button>
            </span>
            <label class="tool">
              <span>Over</span>
              <select class="input" id="axis">
                <option value="step">batches</option>
                <option value="epoch">epochs</option>
                <option value="elapsed">training time</option>
                <option value="clock">clock</option>
              </select>
            </label>
            <label class="tool"><input type="checkbox" id="log-x" /> Log scale</label>
            <label class="tool smoothing">
              <span>Smoothing</span>
              <input type="range" id="smoothing" min="0" max="0.99" step="0.01" />
              <output for="smoothing" id="smoothing-value"></output>
            </label>
            <label class="tool">
              <span>Target</span>
              <input class="input" type="number" id="target" min="0" max="100" step="any" placeholder="none" />
              <span>%</span>
            </label>
            ${exportMenu.render(state, actions)}
          </div>
        </div>
        <div class="charts" id="charts"></div>
        <p class="sr-only" id="spoken" role="status"></p>
      </section>`;
  },
  draw(state, actions) {
    shown = state;
    charts ??= create(actions);
    charts.render({ runs: state.chartRuns, findings: state.findings }, state.printing);
  },
  recolor: () => charts?.recolor(),
};
