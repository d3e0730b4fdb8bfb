import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import type { SamplePrediction } from '../../state/complete-data.ts';
import { shortClassNames } from '../../state/format.ts';
import { digitImage } from '../../ui/digit-image.ts';
import { styled } from '../../ui/styled.ts';
import type { EpochResults } from './epoch-results.ts';
import {
  barHeights,
  filterSamples,
  firstSamples,
  imagePixels,
  isRight,
  orderSamples,
  outcomes,
  type SampleFilter,
  sampleSentence,
  samplesCaption,
} from './sample-selection.ts';

/** Number of samples that are shown before the viewer asks for all. */
const initialCount = 12;
/** Height of the bar of a probability of 1, in CSS pixels. */
const barHeight = 26;

/** Test images with the network's predictions and their probabilities. */
export class SamplesCard {
  readonly #refresh: () => void;
  #filter: SampleFilter = { outcome: 'all', label: null };
  #showsAll = false;

  constructor(refresh: () => void) {
    this.#refresh = refresh;
  }

  render(results: EpochResults | null): TemplateResult {
    const samples = results?.samples;
    return html`
      <section class="card samples" aria-labelledby="samples-title">
        <div class="card-head">
          <h2 id="samples-title">Sample predictions</h2>
          <p class="card-note" data-field="samples-note">${guard([samples], () => (samples ? samplesCaption(samples) : ''))}</p>
        </div>
        ${
          samples
            ? guard([results, this.#filter, this.#showsAll], () => this.#body(samples.items, results.classes))
            : html`<p class="empty">Test images and their predictions appear here after the first epoch.</p>`
        }
      </section>`;
  }

  #body(items: readonly SamplePrediction[], classes: readonly string[]): TemplateResult {
    const ordered = filterSamples(orderSamples(items), this.#filter);
    const shown = this.#showsAll ? ordered : firstSamples(ordered, initialCount);
    return html`
      <div class="filters" id="sample-filters">
        ${this.#outcomeChoice()}
        ${this.#classChoice(classes)}
      </div>
      <ul class="sample-grid" id="sample-grid">
        ${shown.length > 0 ? shown.map((sample) => sampleItem(sample, classes)) : html`<li class="empty">No sample matches.</li>`}
      </ul>
      <button
        class="button" type="button" id="samples-all" ?hidden=${ordered.length <= initialCount}
        @click=${() => this.#toggleAll()}
      >${this.#showsAll ? 'Show fewer' : `Show all ${ordered.length}`}</button>`;
  }

  #outcomeChoice(): TemplateResult {
    return html`
      <fieldset class="segments">
        <legend class="sr-only">Which predictions</legend>
        ${outcomes.map(
          (outcome) => html`
            <button
              type="button" data-outcome=${outcome} aria-pressed=${outcome === this.#filter.outcome}
              @click=${() => this.#setFilter({ outcome })}
            >${outcomeNames[outcome]}</button>`,
        )}
      </fieldset>`;
  }

  #classChoice(classes: readonly string[]): TemplateResult {
    const change = ({ target }: Event): void => {
      const { value } = target as HTMLSelectElement;
      this.#setFilter({ label: value === '' ? null : Number(value) });
    };
    return html`
      <label class="tool">
        <span>Digit</span>
        <select class="input" id="sample-class" @change=${change}>
          <option value="" ?selected=${this.#filter.label === null}>all</option>
          ${classes.map(
            (name, label) =>
              html`<option value=${label} ?selected=${this.#filter.label === label}>${name}</option>`,
          )}
        </select>
      </label>`;
  }

  #setFilter(change: Partial<SampleFilter>): void {
    this.#filter = { ...this.#filter, ...change };
    this.#refresh();
  }

  #toggleAll(): void {
    this.#showsAll = !this.#showsAll;
    this.#refresh();
  }
}

const outcomeNames: Record<SampleFilter['outcome'], string> = { all: 'All', wrong: 'Wrong', right: 'Right' };

function sampleItem(sample: SamplePrediction, classes: readonly string[]): TemplateResult {
  const right = isRight(sample);
  const predicted = classes[sample.prediction] ?? String(sample.prediction);
  const truth = classes[sample.label] ?? String(sample.label);
  return html`
    <li class=${right ? 'sample right' : 'sample wrong'}>
      <canvas aria-hidden="true" ${digitImage(imagePixels(sample.image))}></canvas>
      <div class="sample-words">
        <span class="sr-only">${sampleSentence(sample, classes)}</span>
        <span class=${predicted.length > 2 ? 'sample-read long' : 'sample-read'} aria-hidden="true">
          ${predicted}<span class="sample-mark">${right ? '✓' : '✗'}</span>
        </span>
        <span class="sample-truth" aria-hidden="true">${right ? 'right' : `is ${truth}`}</span>
      </div>
      <div class="bars" aria-hidden="true">${bars(sample, classes)}</div>
    </li>`;
}

function bars(sample: SamplePrediction, classes: readonly string[]): TemplateResult[] {
  const names = shortClassNames(classes);
  return barHeights(sample.probabilities).map((height, label) => {
    const read = label === sample.prediction ? ' read' : '';
    const truth = !isRight(sample) && label === sample.label ? ' truth' : '';
    const px = `${(height * barHeight).toFixed(1)}px`;
    return html`<span class="bar${read}${truth}"><i ${styled({ height: px })}></i>${names[label] ?? nothing}</span>`;
  });
}
