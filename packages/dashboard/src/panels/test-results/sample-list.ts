import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { base64Bytes } from '../../state/base64.ts';
import type { SamplePrediction, SamplesData } from '../../state/event-data.ts';
import { className, formatPercent, shortClassNames } from '../../state/format.ts';
import { rankedClasses } from '../../state/probability.ts';
import { focusAfterRender, scrollAfterRender } from '../../ui/focus.ts';
import { imageButton, type LookInside } from '../../ui/image-button.ts';
import type { ImageSize } from '../../ui/pixel-image.ts';
import { styled } from '../../ui/styled.ts';
import type { EpochResults } from './epoch-results.ts';
import {
  barHeights,
  filterSamples,
  firstSamples,
  isRight,
  orderSamples,
  outcomes,
  probabilityOf,
  type SampleFilter,
  sampleSentence,
} from './sample-selection.ts';

/** Number of samples that are shown before the viewer asks for all. */
const initialCount = 12;
/** Maximum number of classes with a bar each below a sample; of more classes, the most probable ones are listed. */
const barClassLimit = 12;
/** Maximum number of classes that are listed below a sample: runs send at most the ten largest probabilities of many classes. */
const rankLimit = 10;
/** Maximum length of a name that fits into one line of a narrow sample, beside its probability. */
const shortNameLength = 12;
/** Height of the bar of a probability of 1, in CSS pixels. */
const barHeight = 26;

/** Test images with the network's predictions and their probabilities. */
export class SampleList {
  readonly #refresh: () => void;
  #filter: SampleFilter = { outcome: 'all', label: null };
  #showsAll = false;

  constructor(refresh: () => void) {
    this.#refresh = refresh;
  }

  render({ classes }: EpochResults, samples: SamplesData, look: LookInside | undefined): unknown {
    return guard([samples, classes, this.#filter, this.#showsAll, look], () =>
      this.#body(samples, { size: samples, classes, look }),
    );
  }

  #body({ items }: SamplesData, context: SampleContext): TemplateResult {
    const { classes } = context;
    const isLong = listsClasses(classes) && classes.some(({ length }) => length > shortNameLength);
    const ordered = filterSamples(orderSamples(items), this.#filter);
    const shown = this.#showsAll ? ordered : firstSamples(ordered, initialCount);
    return html`
      <div class="filters" id="sample-filters">
        ${this.#outcomeChoice()}
        ${this.#classChoice(classes)}
      </div>
      <ul class=${isLong ? 'sample-grid long' : 'sample-grid'} id="sample-grid">
        ${shown.length > 0 ? shown.map((sample) => sampleItem(sample, context)) : html`<li class="empty">No sample matches.</li>`}
      </ul>
      <button
        class="button" type="button" id="samples-all" ?hidden=${ordered.length <= initialCount}
        @click=${(event: Event) => this.#toggleAll(event, ordered, shown)}
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
        <span>Class</span>
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

  #toggleAll(
    { currentTarget }: Event,
    ordered: readonly SamplePrediction[],
    shown: readonly SamplePrediction[],
  ): void {
    this.#showsAll = !this.#showsAll;
    this.#refresh();
    const first = ordered.findIndex((sample) => !shown.includes(sample));
    if (this.#showsAll)
      focusAfterRender(() => document.querySelectorAll<HTMLElement>('#sample-grid > li')[first]);
    else scrollAfterRender(currentTarget as Element);
  }
}

const outcomeNames: Record<SampleFilter['outcome'], string> = { all: 'All', wrong: 'Wrong', right: 'Right' };

/** The facts about the run that all samples share. */
interface SampleContext {
  size: ImageSize;
  classes: readonly string[];
  look: LookInside | undefined;
}

function sampleItem(sample: SamplePrediction, { size, classes, look }: SampleContext): TemplateResult {
  const right = isRight(sample);
  const predicted = className(classes, sample.prediction);
  const truth = className(classes, sample.label);
  return html`
    <li class=${right ? 'sample right' : 'sample wrong'}>
      ${imageButton({ ...sample, pixels: base64Bytes(sample.image), size, classes }, `Test image ${sample.index}`, look)}
      <div class="sample-words">
        <span class="sr-only">${sampleSentence(sample, classes)}</span>
        <span class=${predicted.length > 2 ? 'sample-prediction long' : 'sample-prediction'} aria-hidden="true">
          <span class="clamp" title=${predicted}>${predicted}</span><span class="sample-mark">${right ? '✓' : '✗'}</span>
        </span>
        <span class="sample-truth clamp" title=${truth} aria-hidden="true">${right ? 'right' : `is ${truth}`}</span>
      </div>
      ${
        listsClasses(classes)
          ? html`<ul class="ranks" aria-label="Most probable classes">${ranks(sample, classes)}</ul>`
          : html`<div class="bars" aria-hidden="true" ${styled({ '--bars': String(Math.max(classes.length, 2)) })}>${bars(sample, classes)}</div>`
      }
    </li>`;
}

/** Returns whether the most probable classes are listed by name: there are too many for a bar each, or the names are too long. */
const listsClasses = (classes: readonly string[]): boolean =>
  classes.length > barClassLimit || shortClassNames(classes)[0] !== classes[0];

function bars(sample: SamplePrediction, classes: readonly string[]): TemplateResult[] {
  const names = shortClassNames(classes);
  const heights = barHeights(classes.map((_, label) => probabilityOf(sample, label) ?? 0));
  return heights.map((height, label) => {
    const predicted = label === sample.prediction ? ' predicted' : '';
    const truth = !isRight(sample) && label === sample.label ? ' truth' : '';
    const px = `${(height * barHeight).toFixed(1)}px`;
    return html`<span class="bar${predicted}${truth}" title=${classes[label] ?? nothing}><i ${styled({ height: px })}></i>${names[label] ?? nothing}</span>`;
  });
}

const ranks = (sample: SamplePrediction, classes: readonly string[]): TemplateResult[] =>
  rankedClasses(sample.probabilities, sample.classes)
    .slice(0, rankLimit)
    .map(({ label, probability }) => {
      const width = `${((barHeights([probability])[0] ?? 0) * 100).toFixed(1)}%`;
      return html`
      <li class=${label === sample.prediction ? 'predicted' : label === sample.label ? 'truth' : nothing}>
        <span class="clamp" title=${className(classes, label)}>${className(classes, label)}</span><span>${formatPercent(probability, 1)}</span>
        <i class="rank-bar" aria-hidden="true" ${styled({ width })}></i>
      </li>`;
    });
