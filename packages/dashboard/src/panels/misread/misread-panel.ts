import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { testImagesUrl } from '../../net/api.ts';
import { readRunFileRange } from '../../net/run-files.ts';
import { formatCount } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import {
  classesIn,
  type EpochPredictions,
  epochReadings,
  epochReadingsText,
} from '../../state/predictions.ts';
import type { Run } from '../../state/run.ts';
import { focusAfterRender } from '../../ui/focus.ts';
import { imageButton } from '../../ui/image-button.ts';
import { info } from '../../ui/info.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { recolorImages } from '../../ui/pixel-image.ts';
import { saveFile } from '../../ui/save-file.ts';
import { type CellChoice, onCellChoice } from './cell-choice.ts';
import {
  historiesCsv,
  historyText,
  type ImageHistory,
  type ImageOrder,
  imageHistories,
  inOrder,
  latestReadingText,
} from './image-history.ts';
import { TestImages, type TestImagesFile } from './test-images.ts';
import './misread.css';

/** Number of images that are shown at first, and that each click on "Show more" adds: about as high as the calibration beside them. */
const pageSize = 12;

const noClasses: readonly string[] = [];
let images: { key: string; file: TestImages } | undefined;
/** The chosen true class and prediction, null for any; with `all`, images that the latest epoch reads correctly are shown too. */
let filter: { truth: number | null; predicted: number | null; all: boolean; order: ImageOrder } = {
  truth: null,
  predicted: null,
  all: false,
  order: 'hardest',
};

const orderTitles: Record<ImageOrder, string> = {
  hardest: 'the hardest first',
  surest: 'the surest first',
  leastSure: 'the least sure first',
};
let shownCount = pageSize;
let [refresh, requestFrame]: [() => void, () => void] = [() => {}, () => {}];
/** Number of times that a part of the file has arrived or could not be read: the list is rendered again each time. */
let fileChanges = 0;

const historiesOf = memoizeLast(
  (epochs: readonly EpochPredictions[], labels: Uint8Array, classCount: number): ImageHistory[] =>
    imageHistories(epochs, classesIn(labels, classCount), classCount),
);

onCellChoice(({ truth, predicted }: CellChoice) => {
  setFilter({ truth, predicted, all: truth === predicted });
  focusAfterRender(() => document.getElementById('misread-title') ?? undefined);
  requestAnimationFrame(() => document.getElementById('misread')?.scrollIntoView());
});

/**
 * The test images that epochs up to the position of the timeline have misread: at first those that the latest epoch misread, the
 * hardest first.
 */
export const misreadPanel: Panel = {
  render({ run, runAtStep }, actions) {
    const description = run?.started?.dataset?.testImages;
    if (!run || !runAtStep || !description) return html``;
    ({ refresh, requestFrame } = actions);
    const { labels, problem } = fileOf(run, description);
    const classes = run.started?.dataset?.classes ?? noClasses;
    const epochs = runAtStep.predictions;
    const histories = labels && historiesOf(epochs, labels, classes.length);
    return html`
      <section class="card misread" id="misread" aria-labelledby="misread-title">
        <div class="card-head">
          <h2 id="misread-title">Hardest test images</h2>${info('misread', 'Hardest test images')}
          <p class="card-note" data-field="misread-note">${histories ? note(histories, epochs) : ''}</p>
        </div>
        ${problem === '' ? nothing : html`<p class="alarm">The test images cannot be read: ${problem}.</p>`}
        ${histories ? guard([histories, filter, shownCount, fileChanges, classes], () => body(histories, { run, description, classes, epochs, actions })) : nothing}
      </section>`;
  },
  recolor() {
    const element = document.getElementById('misread');
    if (element) recolorImages(element);
  },
};

function fileOf(run: Run, description: TestImagesFile & { digest: string }): TestImages {
  const key = `${run.runId} ${description.digest}`;
  if (images?.key !== key) {
    const url = testImagesUrl(run.runId, description.digest);
    const onChange = (): void => {
      fileChanges++;
      requestFrame();
    };
    images = {
      key,
      file: new TestImages(description, (begin, end) => readRunFileRange(url, begin, end), onChange),
    };
  }
  return images.file;
}

function note(histories: readonly ImageHistory[], epochs: readonly EpochPredictions[]): string {
  const now = histories.filter(({ label, prediction }) => label !== prediction).length;
  const last = epochs.at(-1);
  if (!last) return 'No epoch has ended yet.';
  return `${formatCount(now)} misread at epoch ${last.epoch}, ${formatCount(histories.length)} at any epoch so far`;
}

function setFilter(change: Partial<typeof filter>): void {
  filter = { ...filter, ...change };
  shownCount = pageSize;
  refresh();
}

interface Context {
  run: Run;
  description: TestImagesFile;
  classes: readonly string[];
  epochs: readonly EpochPredictions[];
  actions: PageActions;
}

function body(histories: readonly ImageHistory[], context: Context): TemplateResult {
  const { run, classes } = context;
  const chosen = histories.filter(
    ({ label, prediction }) =>
      (filter.all || label !== prediction) &&
      (filter.truth === null || label === filter.truth) &&
      (filter.predicted === null || prediction === filter.predicted),
  );
  const found = inOrder(chosen, filter.order);
  return html`
    <div class="filters">
      ${classChoice('misread-truth', 'True', classes, filter.truth, (truth) => setFilter({ truth }))}
      ${classChoice('misread-predicted', 'Read as', classes, filter.predicted, (predicted) => setFilter({ predicted }))}
      ${histories.some(({ confidence }) => confidence !== undefined) ? orderChoice() : nothing}
      <label class="tool"><input type="checkbox" id="misread-all" .checked=${filter.all} @change=${({ target }: Event) => setFilter({ all: (target as HTMLInputElement).checked })} /><span>also those that are right now</span></label>
      <button class="button" type="button" id="misread-csv" @click=${() => saveFile(new Blob([historiesCsv(found)], { type: 'text/csv' }), `misread-${run.runId}.csv`)}>Save as CSV</button>
    </div>
    <ul class="misread-grid" id="misread-grid">
      ${found.length === 0 ? html`<li class="empty">No image matches.</li>` : found.slice(0, shownCount).map((history) => item(history, context))}
    </ul>
    <button class="button" type="button" id="misread-more" ?hidden=${found.length <= shownCount} @click=${showMore}>Show more of ${formatCount(found.length)}</button>`;
}

function showMore(): void {
  shownCount += pageSize;
  refresh();
}

const classChoice = (
  id: string,
  title: string,
  classes: readonly string[],
  chosen: number | null,
  choose: (label: number | null) => void,
): TemplateResult => html`
  <label class="tool">
    <span>${title}</span>
    <select class="input" id=${id} @change=${({ target }: Event) => {
      const { value } = target as HTMLSelectElement;
      choose(value === '' ? null : Number(value));
    }}>
      <option value="" .selected=${chosen === null}>any</option>
      ${classes.map((name, label) => html`<option value=${label} .selected=${label === chosen}>${name}</option>`)}
    </select>
  </label>`;

const orderChoice = (): TemplateResult => html`
  <label class="tool">
    <span>Order</span>
    <select class="input" id="misread-order" @change=${({ target }: Event) => setFilter({ order: (target as HTMLSelectElement).value as ImageOrder })}>
      ${Object.entries(orderTitles).map(([order, title]) => html`<option value=${order} .selected=${order === filter.order}>${title}</option>`)}
    </select>
  </label>`;

function item(history: ImageHistory, { description, classes, epochs, actions }: Context): TemplateResult {
  const { index, label } = history;
  const pixels = images?.file.pixels(index);
  const reading = latestReadingText(history, classes);
  const readings = epochReadings(epochs, index, classes.length);
  return html`
    <li data-index=${index}>
      ${imageButton({ index, label, pixels, size: description, classes }, `Test image ${index}: ${reading}`, actions.lookInside)}
      <div>
        <b>${reading}</b>
        <span class="card-note">${historyText(history, epochs.length)}</span>
        ${readings.length > 1 ? html`<span class="card-note">${epochReadingsText(readings, classes)}</span>` : nothing}
      </div>
    </li>`;
}
