import { html, nothing, svg, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { networkClient } from '../../network/network-client.ts';
import type { OcclusionMap } from '../../network/occlusion.ts';
import type { LayerPicture } from '../../network/pictures.ts';
import { type RunWeights, snapshotWeights, weightsAt } from '../../network/run-weights.ts';
import { type ExaminedImage, examinedTestImage, readableSnapshots } from '../../state/examined-image.ts';
import { formatCount, formatPercent, formatPlural, shortClassNames } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { epochReadings, epochReadingsText } from '../../state/predictions.ts';
import { rankedClasses } from '../../state/probability.ts';
import type { Run } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';
import { info } from '../../ui/info.ts';
import type { PageActions, PageState, Panel } from '../../ui/panel.ts';
import { pixelImage, recolorImages } from '../../ui/pixel-image.ts';
import { saveFile } from '../../ui/save-file.ts';
import { styled } from '../../ui/styled.ts';
import { cellChooser } from '../misread/cell-choice.ts';
import { LatestComputation } from './latest-computation.ts';
import { occlusionCsv, occlusionSentence } from './occlusion-text.ts';
import { historySentence, moveColumn, readingsCsv, readingText } from './reading-text.ts';
import { type Reading, SnapshotReadings } from './snapshot-readings.ts';
import './examine.css';

const noClasses: readonly string[] = [];
let requestFrame: () => void = () => {};

const readings = new SnapshotReadings({
  predict: (source, image) => networkClient().predict(source, image),
  onChange: () => requestFrame(),
});
const pictures = new LatestComputation<LayerPicture[]>(
  (weights, image) => networkClient().pictures(weights, image),
  () => requestFrame(),
);
const occlusion = new LatestComputation<OcclusionMap>(
  (weights, image) => networkClient().occlusion(weights, image),
  () => requestFrame(),
);

/** Whether each section is open: its content is computed only while it is. */
const opened = { mattered: false, maps: false };

const snapshotsOf = memoizeLast((run: Run, snapshots: Run['snapshots']) =>
  snapshots.map((snapshot) => ({ step: snapshot.step, weights: snapshotWeights(run, snapshot) })),
);
const sentenceOf = memoizeLast(
  (shown: readonly Reading[], classes: readonly string[], stepWord: string, label: number | null) =>
    historySentence(shown, { classes, stepWord, label }),
);
const pixelsOf = memoizeLast((image: Float32Array) => image.map((value) => value * 255));

/**
 * One image inside the network: how every snapshot of the run and, for a test image, every epoch reads it; and, with the weights
 * nearest to the position of the timeline, what the answer rests on, the filters, and the feature maps.
 */
export const examinePanel: Panel = {
  render(state, actions) {
    const { run, examined } = state;
    if (!run) return html``;
    ({ requestFrame } = actions);
    const classes = run.started?.dataset?.classes ?? noClasses;
    return html`
      <section class="card examine" id="examine" aria-labelledby="examine-title" data-has-image=${examined !== null}>
        <div class="card-head">
          <h2 id="examine-title">One image inside the network</h2>${info('examine', 'One image')}
          <p class="card-note">${examined?.title}</p>
          ${guard([run.probe?.images, classes, examined === null], () => imageChoice(run, classes, state, actions))}
        </div>
        ${examined ? body(examined, { run, classes, state, actions }) : html`<p>Choose a test image here, click one in another panel, or draw one: you see how every moment of the run read it, what the answer rests on, and what each layer makes of it.</p>`}
      </section>`;
  },
  recolor() {
    const element = document.getElementById('examine');
    if (element) recolorImages(element);
  },
};

interface Context {
  run: Run;
  classes: readonly string[];
  state: PageState;
  actions: PageActions;
}

/** Renders a choice of one probe image of each class. */
function imageChoice(
  run: Run,
  classes: readonly string[],
  { examined }: PageState,
  { examine }: PageActions,
): TemplateResult | typeof nothing {
  const images = classes.map((_, label) => run.probe?.images.find((image) => image?.label === label));
  if (!images.some(Boolean)) return nothing;
  const choose = ({ target }: Event): void => {
    const image = images[Number((target as HTMLSelectElement).value)];
    if (image) examine(examinedTestImage(image, classes));
  };
  return html`
    <label class="tool">
      <span>A test image of</span>
      <select class="input" id="examine-choice" @change=${choose}>
        <option value="" ?selected=${!examined}>choose one</option>
        ${images.map((image, label) => (image ? html`<option value=${label}>${classes[label]}</option>` : nothing))}
      </select>
    </label>`;
}

function body(examined: ExaminedImage, context: Context): TemplateResult {
  const { run, classes, state } = context;
  const step = state.runAtStep?.step ?? null;
  const weights = weightsAt(run, step);
  const snapshots = readableSnapshots(run);
  readings.read(examined.image, snapshotsOf(run, snapshots));
  if (weights && opened.mattered) occlusion.request(weights, examined.image);
  if (weights && opened.maps) pictures.request(weights, examined.image);
  const shown = readings.readings;
  const atStep = readingAt(shown, step);
  const stepWord = stepWordOf(run);
  const sentence = sentenceOf(shown, classes, stepWord, examined.label);
  const hasSnapshots = snapshots.length > 0;
  return html`
    <div class="examine-head">
      <canvas class="examine-image" aria-hidden="true" ${pixelImage(pixelsOf(examined.image), sizeOf(examined.image))}></canvas>
      <div>
        ${hasSnapshots ? html`<p class="examine-reading" data-field="examine-reading">${atStep ? html`<b>${readingText(atStep.probabilities, classes)}</b> at ${stepWord} ${formatCount(atStep.step)}` : 'Reading…'}</p>` : nothing}
        <p data-field="examine-history" role="status">${readings.isComplete ? sentence : ''}</p>
        ${epochsNote(examined, context)}
        ${problemNote()}
      </div>
    </div>
    ${
      hasSnapshots
        ? html`
          <h3>Over the run</h3>
          <p class="card-note">A column for each snapshot, a row for each class; the darker, the surer. The framed cell is the answer. Click a column, or use the arrow keys, to move the timeline there.</p>
          ${history(shown, atStep, sentence, context)}`
        : nothing
    }
    ${weights ? section('mattered', 'What mattered', context, () => mattered(examined, context)) : nothing}
    ${weights ? section('maps', 'Filters and feature maps', context, () => maps(examined, context)) : nothing}`;
}

/**
 * Renders how each epoch up to the position of the timeline read a test image, and a button that shows all images of its class with
 * the same latest prediction.
 */
function epochsNote(
  { index, label }: ExaminedImage,
  { run, classes, state }: Context,
): TemplateResult | typeof nothing {
  if (index === null || label === null) return nothing;
  const epochs = epochReadings(state.runAtStep?.predictions ?? [], index, classes.length);
  const last = epochs.at(-1);
  if (!last) return nothing;
  const choose = run.started?.dataset?.testImages && cellChooser();
  return html`
    <p class="card-note" data-field="examine-epochs">${epochReadingsText(epochs, classes)}</p>
    ${choose ? html`<button class="button small" type="button" id="examine-cell" @click=${() => choose({ truth: label, predicted: last.prediction })}>Show all ${classes[label]} read as ${classes[last.prediction]}</button>` : nothing}`;
}

/** Returns the size of a square image. */
const sizeOf = memoizeLast(({ length }: Float32Array) => {
  const side = Math.sqrt(length);
  return { width: side, height: side };
});

function problemNote(): TemplateResult | typeof nothing {
  const { missing, readings: shown, problem, isComplete } = readings;
  if (missing === 0) return nothing;
  return shown.length === 0 && isComplete
    ? html`<p class="alarm">No snapshot can read the image: ${problem}.</p>`
    : html`<p class="card-note">${formatPlural(missing, 'snapshot', 'snapshots')} could not be used: ${problem}.</p>`;
}

/** Returns the reading of the snapshot nearest to a step, or the latest reading if the step is null. */
function readingAt(shown: readonly Reading[], step: number | null): Reading | undefined {
  if (step === null) return shown.at(-1);
  return shown.reduce<Reading | undefined>(
    (best, each) => (!best || Math.abs(each.step - step) < Math.abs(best.step - step) ? each : best),
    undefined,
  );
}

/** Size of a cell of the history in units of its drawing. */
const cell = { width: 12, height: 16 };
/** Probabilities below this have no cell, which would be too pale to see. */
const visibleProbability = 1 / 512;
/** Maximum number of classes that have a row: of more classes, those that reach the highest probabilities during the run. */
const rowLimit = 12;

function history(
  shown: readonly Reading[],
  atStep: Reading | undefined,
  sentence: string,
  { classes, run, actions }: Context,
): TemplateResult {
  const rows = rowsOf(shown, classes);
  const names = namesOf(classes);
  const width = shown.length * cell.width;
  const height = rows.length * cell.height;
  const word = stepWordOf(run);
  const current = atStep ? shown.indexOf(atStep) : -1;
  // The last column stands for now: choosing it moves the timeline to its end, so that the page follows the run.
  const show = (column: number): void =>
    actions.changeView({ step: column === shown.length - 1 ? null : (shown[column]?.step ?? null) });
  if (shown.length === 0) return html``;
  return html`
    <div class="examine-history">
      <div class="examine-classes" aria-hidden="true">${rows.map((label) => html`<span>${names[label] ?? label}</span>`)}</div>
      <svg viewBox="0 0 ${width} ${height}" id="examine-readings" preserveAspectRatio="none"
        role="slider" tabindex="0" aria-label=${`Probabilities of the classes over the run. ${sentence}`}
        aria-valuemin="1" aria-valuemax=${shown.length} aria-valuenow=${current + 1}
        aria-valuetext=${atStep ? `${word} ${formatCount(atStep.step)}: ${readingText(atStep.probabilities, classes)}` : nothing}
        ${styled({ height: `${rows.length * 18}px`, 'max-width': `${shown.length * 28}px` })}
        @click=${(event: MouseEvent) => show(columnAt(event, shown.length))}
        @keydown=${(event: KeyboardEvent) => {
          const column = moveColumn(event.key, current, shown.length);
          if (column === undefined) return;
          event.preventDefault();
          show(column);
        }}>
        ${guard([shown, classes], () => shown.map((reading, column) => columnOf(reading, column, { rows, word, classes })))}
        ${current < 0 ? nothing : svg`<rect class="now" x=${current * cell.width} y="0" width=${cell.width} height=${height} />`}
      </svg>
    </div>
    <p class="examine-ends card-note">From ${word} ${formatCount(shown[0]?.step ?? 0)} to ${word} ${formatCount(shown.at(-1)?.step ?? 0)}</p>
    <details class="examine-table">
      <summary>Table of the readings</summary>
      <section class="scroll" aria-label="Table of the readings" tabindex="0">
        <table class="table">
          <thead><tr><th scope="col">${word}</th><th scope="col">Read as</th></tr></thead>
          <tbody>${guard([shown, classes], () => shown.map((reading) => html`<tr><th scope="row">${formatCount(reading.step)}</th><td>${readingText(reading.probabilities, classes)}</td></tr>`))}</tbody>
        </table>
      </section>
      <button class="button" type="button" id="readings-csv" @click=${() => saveFile(new Blob([readingsCsv(shown, classes)], { type: 'text/csv' }), `readings-${run.runId}.csv`)}>Save as CSV</button>
    </details>`;
}

/** Renders the reading of a snapshot: a column with a cell for each class, framed for the answer. */
function columnOf(
  { step, probabilities }: Reading,
  column: number,
  { rows, word, classes }: { rows: readonly number[]; word: string; classes: readonly string[] },
): TemplateResult {
  const answer = rankedClasses(probabilities)[0]?.label;
  return svg`
    <g>
      <title>${word} ${formatCount(step)}: ${readingText(probabilities, classes)}</title>
      <rect class="column" x=${column * cell.width} y="0" width=${cell.width} height=${rows.length * cell.height} />
      ${rows.map((label, row) =>
        label === answer || (probabilities[label] ?? 0) >= visibleProbability
          ? svg`<rect class=${label === answer ? 'cell top' : 'cell'} x=${column * cell.width + 1} y=${row * cell.height + 1}
              width=${cell.width - 2} height=${cell.height - 2} fill-opacity=${(probabilities[label] ?? 0).toFixed(3)} />`
          : nothing,
      )}
    </g>`;
}

const rowsOf = memoizeLast(historyRows);
const namesOf = memoizeLast(shortClassNames);

function historyRows(shown: readonly Reading[], classes: readonly string[]): number[] {
  const count = shown[0]?.probabilities.length ?? classes.length;
  const labels = Array.from({ length: count }, (_, label) => label);
  if (count <= rowLimit) return labels;
  const most = labels.map((label) =>
    Math.max(...shown.map(({ probabilities }) => probabilities[label] ?? 0)),
  );
  return labels
    .sort((a, b) => (most[b] as number) - (most[a] as number))
    .slice(0, rowLimit)
    .sort((a, b) => a - b);
}

/** Returns the column that was clicked. */
function columnAt({ clientX, currentTarget }: MouseEvent, columns: number): number {
  const { left, width } = (currentTarget as Element).getBoundingClientRect();
  return Math.min(columns - 1, Math.max(0, Math.floor(((clientX - left) / width) * columns)));
}

function section(
  name: keyof typeof opened,
  title: string,
  { actions }: Context,
  content: () => TemplateResult,
): TemplateResult {
  const toggle = ({ target }: Event): void => {
    opened[name] = (target as HTMLDetailsElement).open;
    actions.refresh();
  };
  return html`
    <details class="examine-section" id="examine-${name}" @toggle=${toggle}>
      <summary>${title}</summary>
      ${opened[name] ? content() : nothing}
    </details>`;
}

const progressNote = (part: LatestComputation<unknown>): TemplateResult =>
  part.problem === ''
    ? html`<p class="card-note">Computing…</p>`
    : html`<p class="alarm">This cannot be computed: ${part.problem}.</p>`;

/** Renders a note with the name of the weights that a section was computed with: a snapshot, or else the saved model. */
const weightsNote = (weights: RunWeights | undefined): TemplateResult =>
  html`<p class="card-note">With the weights of ${weights?.name}${weights?.epoch === undefined ? ', the nearest snapshot to the timeline' : ''}.</p>`;

function mattered({ image }: ExaminedImage, { run, classes }: Context): TemplateResult {
  const map = occlusion.result;
  if (!map) return progressNote(occlusion);
  return html`${guard([map, image, classes, occlusion.weights], () => occlusionPicture(map, image, run, classes))}`;
}

function occlusionPicture(
  map: OcclusionMap,
  image: Float32Array,
  run: Run,
  classes: readonly string[],
): TemplateResult {
  const { side, drops } = map;
  const largest = Math.max(...drops.map(Math.abs), 0.01);
  const sentence = occlusionSentence(map, classes);
  return html`
    <p data-field="examine-mattered">${sentence}</p>
    <div class="examine-occlusion">
      <canvas aria-hidden="true" ${pixelImage(pixelsOf(image), sizeOf(image))}></canvas>
      <svg viewBox="0 0 ${side} ${side}" role="img" aria-label=${sentence}>
        ${Array.from(
          drops,
          (drop, square) => svg`
          <rect class=${drop < 0 ? 'against' : 'for'} x=${square % side} y=${Math.floor(square / side)} width="1" height="1"
            fill-opacity=${((0.75 * Math.abs(drop)) / largest).toFixed(3)}><title>${drop < 0 ? 'Against' : 'For'} the answer: ${formatPercent(Math.abs(drop), 1)}</title></rect>
          ${Math.abs(drop) > 0.25 * largest && Math.abs(drop) > 0.01 ? svg`<text x=${(square % side) + 0.5} y=${Math.floor(square / side) + 0.65}>${drop < 0 ? '+' : '−'}${Math.round(100 * Math.abs(drop))}</text>` : nothing}`,
        )}
      </svg>
    </div>
    <p class="card-note">Each square of 4 × 4 pixels was covered once. The number is by how many percentage points the probability of the answer changes without it.</p>
    ${weightsNote(occlusion.weights)}
    <button class="button" type="button" id="mattered-csv" @click=${() => saveFile(new Blob([occlusionCsv(map)], { type: 'text/csv' }), `mattered-${run.runId}.csv`)}>Save as CSV</button>`;
}

function maps({ image }: ExaminedImage, { run }: Context): TemplateResult {
  const { result, weights } = pictures;
  if (!result || !weights) return progressNote(pictures);
  return html`
    ${guard([result], () => result.map(layerPicture))}
    <p class="card-note">What each layer makes of the image: the stronger, the more of its pattern a map has found there. Values below 0 are left out, as the layer after it does.</p>
    ${weightsNote(weights)}
    <button class="button" type="button" id="maps-json" @click=${() => saveMaps(weights, image, `maps-${run.runId}.json`)}>Save as JSON</button>`;
}

const layerPicture = ({ name, text, pixels, size }: LayerPicture): TemplateResult => html`
  <figure class="examine-maps" data-layer=${name}>
    <figcaption>${text}</figcaption>
    <canvas role="img" aria-label=${text} ${styled({ 'max-width': `${size.width * 2}px` })} ${pixelImage(pixels, size)}></canvas>
  </figure>`;

async function saveMaps(weights: RunWeights, image: Float32Array, name: string): Promise<void> {
  const { layers, filters } = await networkClient().outputs(weights, image);
  const content = {
    filters: filters && { ...filters, values: [...filters.values] },
    layers: layers.map((layer) => ({ ...layer, values: [...layer.values] })),
  };
  saveFile(new Blob([JSON.stringify(content)], { type: 'application/json' }), name);
}
