import { html } from 'lit-html';
import type { Panel } from '../../ui/panel.ts';
import { createResults, type Results } from './test-results.ts';

let results: Results | undefined;

/** The results of an epoch on the test images: confusion matrix, classes and sample predictions. */
export const testResultsPanel: Panel = {
  render: () => html`
      <section class="card confusion" id="confusion" aria-labelledby="confusion-title">
        <div class="card-head">
          <h2 id="confusion-title">Confusion matrix</h2>
          <p class="card-note" data-field="confusion-note"></p>
          <label class="tool epoch-tool" id="epoch-tool" hidden>
            <span>Epoch</span>
            <input type="range" id="epoch-slider" min="1" max="1" step="1" />
            <output for="epoch-slider" id="epoch-value"></output>
          </label>
        </div>
        <p class="empty" data-field="confusion-empty">What is mistaken for what shows here after the first epoch.</p>
        <div class="confusion-body" id="confusion-body" hidden>
          <div class="matrix-frame">
            <p class="matrix-top" aria-hidden="true">Predicted</p>
            <p class="matrix-side" aria-hidden="true">True</p>
            <table class="matrix" id="matrix">
              <caption class="sr-only">
                How often each true class (rows) was read as each class (columns). Arrow keys move from cell to cell.
              </caption>
              <thead></thead>
              <tbody></tbody>
            </table>
            <p class="matrix-sentence" id="matrix-sentence" aria-live="polite"></p>
            <ul class="cell-samples" id="cell-samples"></ul>
          </div>
          <div class="classes">
            <h3>Accuracy by class</h3>
            <ul class="class-rows" id="class-rows"></ul>
            <h3>Most frequent mistakes</h3>
            <ul class="mistakes" id="mistakes"></ul>
          </div>
        </div>
      </section>

      <section class="card samples" aria-labelledby="samples-title">
        <div class="card-head">
          <h2 id="samples-title">Sample predictions</h2>
          <p class="card-note" data-field="samples-note"></p>
        </div>
        <div class="filters" id="sample-filters" hidden>
          <fieldset class="segments">
            <legend class="sr-only">Which predictions</legend>
            <button type="button" data-verdict="all">All</button>
            <button type="button" data-verdict="wrong">Wrong</button>
            <button type="button" data-verdict="right">Right</button>
          </fieldset>
          <label class="tool">
            <span>Digit</span>
            <select class="input" id="sample-class"></select>
          </label>
        </div>
        <p class="empty" data-field="samples-empty">Test images and how the network reads them show here after the first epoch.</p>
        <ul class="sample-grid" id="sample-grid"></ul>
        <button class="button" type="button" id="samples-all" hidden></button>
      </section>`,
  draw({ run }, { refresh }) {
    results ??= createResults(refresh);
    results.render(run);
  },
  recolor: () => results?.recolor(),
};
