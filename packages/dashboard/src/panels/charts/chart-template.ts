import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import type { ChartName, ChartSpec, YScale } from '../../state/chart-specs.ts';
import { curveKey } from '../../ui/curve-key.ts';
import { info } from '../../ui/info.ts';
import type { ChartTexts, LegendItem } from './chart-text.ts';

/** The content of a chart's card. */
export interface ChartContent extends ChartTexts {
  spec: ChartSpec;
  /** The unit of the values; empty when it is not known. */
  unit: string;
  /** The explanation of the chart; undefined for a custom metric. */
  explained: ChartName | undefined;
  /** Number of classes of the run on display; undefined when it has none. */
  classCount: number | undefined;
  /** The choices for the y axis. */
  scales: readonly YScale[];
  scale: YScale;
  legendTitle: string;
  items: readonly LegendItem[];
  /** Messages of the findings near the cursor; empty for none. */
  messages: string;
  fullScreen: boolean;
  /** The table of the values; `nothing` while it is closed. */
  table: TemplateResult | typeof nothing;
}

export interface ChartCardActions {
  setScale(scale: YScale): void;
  toggleTable(): void;
  saveImage(): void;
  toggleFullScreen(): void;
}

/** Renders the card of a chart. uPlot fills the element `plot`, which the template leaves empty. */
export const chartTemplate = (content: ChartContent, actions: ChartCardActions): TemplateResult => {
  const { spec, unit } = content;
  return html`
    <div class="card-head">
      <h3 title=${spec.title}>${spec.title} <small>${unit}</small></h3>
      ${content.explained ? info(content.explained, spec.title, content.classCount) : nothing}
      ${guard([content.scale, content.scales.join()], () => scaleChoice(content, actions))}
      ${guard([content.table === nothing, content.fullScreen], () => tools(content, actions))}
    </div>
    <div class="legend">
      <span class="legend-at" data-part="at">${content.legendTitle}</span>
      <span class="legend-items" data-part="items">${content.items.map(legendItem)}</span>
    </div>
    <div class="plot-frame">
      <div
        class="plot" data-part="plot" role="application" aria-roledescription="chart" tabindex="0"
        aria-label="${[spec.title, unit].filter(Boolean).join(', ')}. Arrow keys move through the points."
      ></div>
      <p class="empty" data-part="empty" ?hidden=${content.placeholder === ''}>${content.placeholder}</p>
    </div>
    <p class="caption">
      <span data-part="caption">${content.caption}</span>
      <span class="alarm" data-part="alarm">${content.warning}</span>
      <span class="marker-note" data-part="note">${content.messages}</span>
    </p>
    <section
      class="scroll chart-table" data-part="table" tabindex="0"
      aria-label="Values of ${spec.title}" ?hidden=${content.table === nothing}
    >${content.table}</section>`;
};

const legendItem = ({ name, value, ...key }: LegendItem): TemplateResult => html`
  <span class="legend-item">
    ${curveKey(key)}
    <span class="cut" title=${name}>${name}</span>
    <b>${value}</b>
  </span>`;

const scaleNames: Record<YScale, string> = {
  log: 'Log',
  linear: 'Linear',
  error: 'Error scale',
  close: 'Close-up',
  full: 'From 0',
  fit: 'Linear',
};
const scaleName = (scale: YScale, scales: readonly YScale[]): string =>
  scale === 'full' && scales.includes('error') ? 'Linear' : scaleNames[scale];
/** The explanations of the scales whose names do not suffice. */
const scaleTitles: Partial<Record<YScale, string>> = {
  error: '90, 99 and 99.9\u00a0% are equally far apart: each step up has a tenth of the wrong predictions',
  close: 'Linear, from just below the test results: earlier values may be left out',
  full: 'Linear, from 0 to 100\u00a0%',
};

const scaleChoice = (
  { spec, scale: chosen, scales }: ChartContent,
  actions: ChartCardActions,
): TemplateResult => html`
  <fieldset class="segments" data-part="scales" ?hidden=${scales.length < 2}>
    <legend class="sr-only">Scale of the y axis of ${spec.title}</legend>
    ${scales.map(
      (scale) => html`
        <button
          type="button" title=${scaleTitles[scale] ?? nothing}
          aria-pressed=${scale === chosen} @click=${() => actions.setScale(scale)}
        >
          ${scaleName(scale, scales)}
        </button>`,
    )}
  </fieldset>`;

const tools = ({ spec, table, fullScreen }: ChartContent, actions: ChartCardActions): TemplateResult => html`
  <span class="chart-actions">
    <button
      class="icon-button small" type="button" data-part="table-toggle" title="Show the numbers"
      aria-label="${spec.title}: show the numbers" aria-pressed=${table !== nothing} @click=${actions.toggleTable}
    ><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14" /></svg></button>
    <button
      class="icon-button small" type="button" data-part="picture" title="Save as an image (PNG)"
      aria-label="${spec.title}: save as an image (PNG)" @click=${actions.saveImage}
    ><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14" /></svg></button>
    <button
      class="icon-button small" type="button" data-part="full" title="Full screen"
      aria-label="${spec.title}: full screen" aria-pressed=${fullScreen} @click=${actions.toggleFullScreen}
    ><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" /></svg></button>
  </span>`;
