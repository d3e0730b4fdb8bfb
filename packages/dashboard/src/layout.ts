import { html, type TemplateResult } from 'lit-html';
import { chartsPanel } from './panels/charts/charts-panel.ts';
import { bannerPanel } from './panels/connection/connection-panel.ts';
import { drawPanel } from './panels/draw/draw-panel.ts';
import { headerPanel, heroIsVisible } from './panels/header/header-panel.ts';
import { epochsPanel, noticesPanel } from './panels/log/log-panel.ts';
import { systemPanel } from './panels/system/system-panel.ts';
import { testResultsPanel } from './panels/test-results/test-results-panel.ts';
import { topbarPanel } from './panels/topbar/topbar-panel.ts';
import { isTourShown } from './panels/tour/tour-state.ts';
import { canExamine } from './state/examined-image.ts';
import { lazyPanel } from './ui/lazy-panel.ts';
import type { Panel } from './ui/panel.ts';

const statusBar = lazyPanel(
  () => !heroIsVisible(),
  async () => (await import('./panels/status-bar/status-bar-panel.ts')).statusBarPanel,
);
const metrics = lazyPanel(
  ({ chartRuns }) => chartRuns.some(({ run }) => run.metrics.size > 0),
  async () => (await import('./panels/metrics/metrics-panel.ts')).metricsPanel,
);
const compare = lazyPanel(
  ({ others }) => others.length > 0,
  async () => (await import('./panels/compare/compare-panel.ts')).comparePanel,
);
const figures = lazyPanel(
  ({ run }) => (run?.figures.length ?? 0) > 0,
  async () => (await import('./panels/figures/figures-panel.ts')).figuresPanel,
);
const calibration = lazyPanel(
  ({ run }) => run?.epochs.some(({ test }) => test?.calibration) ?? false,
  async () => (await import('./panels/calibration/calibration-panel.ts')).calibrationPanel,
);
const probe = lazyPanel(
  ({ run }) => Boolean(run?.probe?.frames.length && run.probe.images.some(Boolean)),
  async () => (await import('./panels/probe/probe-panel.ts')).probePanel,
);
const layers = lazyPanel(
  ({ run }) => (run?.layers.tensors.size ?? 0) > 0,
  async () => (await import('./panels/layers/layers-panel.ts')).layersPanel,
);

const examine = lazyPanel(
  ({ run }) => run !== null && canExamine(run),
  async () => (await import('./panels/examine/examine-panel.ts')).examinePanel,
);
const misread = lazyPanel(
  ({ run }) => Boolean(run?.predictions.length && run.started?.dataset?.testImages),
  async () => (await import('./panels/misread/misread-panel.ts')).misreadPanel,
);
const timeline = lazyPanel(
  ({ run }) => (run?.step ?? 0) > 1,
  async () => (await import('./panels/timeline/timeline-panel.ts')).timelinePanel,
);

const tour = lazyPanel(isTourShown, async () => (await import('./panels/tour/tour-panel.ts')).tourPanel);

// The lowest cards of the page, which few windows show at once: they are loaded after the first render.
const facts = (name: 'trainingPanel' | 'networkPanel'): Panel =>
  lazyPanel(
    () => true,
    async () => (await import('./panels/facts/facts-panel.ts'))[name],
  );
const [training, network] = [facts('trainingPanel'), facts('networkPanel')];

/**
 * Returns the template of the page, with every panel in its place. A new panel is a folder in `panels/` and a line here.
 * @param show Returns the template of a panel.
 */
export const layout = (show: (panel: Panel) => unknown): TemplateResult => html`
  <a class="skip" href="#main">Skip to the run</a>
  ${show(topbarPanel)}
  ${show(bannerPanel)}
  ${show(statusBar)}
  <div class="sr-only" role="status" id="announcer"></div>
  <main id="main" tabindex="-1">
    ${show(headerPanel)}
    ${show(chartsPanel)}
    ${show(metrics)}
    ${show(compare)}
    ${show(figures)}
    <section class="group" id="mistakes" aria-labelledby="mistakes-title">
      <h2 id="mistakes-title">What it gets wrong</h2>
      ${show(testResultsPanel)}
      ${show(misread)}
      ${show(calibration)}
      ${show(drawPanel)}
    </section>
    <section class="group" id="inside" aria-labelledby="inside-title">
      <h2 id="inside-title">Inside the network</h2>
      ${show(probe)}
      ${show(examine)}
      ${show(layers)}
      ${show(network)}
    </section>
    <section class="group" id="history" aria-labelledby="history-title">
      <h2 id="history-title">Epochs and settings</h2>
      ${show(epochsPanel)}
      ${show(training)}
      ${show(noticesPanel)}
    </section>
    ${show(systemPanel)}
  </main>
  ${show(timeline)}
  ${show(tour)}`;
