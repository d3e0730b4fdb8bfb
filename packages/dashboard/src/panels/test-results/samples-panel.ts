import type { SamplePrediction, SamplesData } from '@mnist-monitor/shared/browser';
import { digitImage, type Ink, inkColor } from '../../ui/digit-image.ts';
import { byId, field, h, onChange, setText, styled } from '../../ui/dom.ts';
import { shortNames } from './class-accuracy.ts';
import {
  barHeights,
  filterSamples,
  firstSamples,
  imagePixels,
  isRight,
  orderSamples,
  type SampleFilter,
  sampleSentence,
  samplesCaption,
  verdicts,
} from './sample-selection.ts';

/** How many cards are shown before one asks for all. */
const firstCards = 12;

/** Test images, how the network reads them, and how sure it is. */
export interface SampleGrid {
  render(samples: SamplesData | null, classes: readonly string[]): void;
  recolor(): void;
}

export function createSamples(): SampleGrid {
  const grid = byId('sample-grid', HTMLElement);
  const button = byId('samples-all', HTMLButtonElement);
  const filters = byId('sample-filters', HTMLElement);
  const classChoice = byId('sample-class', HTMLSelectElement);
  const note = field('samples-note');
  const empty = field('samples-empty');
  const filter: SampleFilter = { verdict: 'all', label: null };
  let all = false;
  let samples: SamplesData | null = null;
  let classes: readonly string[] = [];

  const show = (): void => {
    const items = samples?.items ?? [];
    const ordered = filterSamples(orderSamples(items), filter);
    const ink = inkColor();
    const shown = all ? ordered : firstSamples(ordered, firstCards);
    const options = { classes, ticks: shortNames(classes), ink };
    grid.replaceChildren(...shown.map((sample) => card(sample, options)));
    if (items.length > 0 && ordered.length === 0)
      grid.replaceChildren(h('li', { class: 'empty' }, 'None of the samples is of this kind.'));
    empty.hidden = samples !== null;
    filters.hidden = samples === null;
    setText(note, samples ? samplesCaption(samples) : '');
    button.hidden = ordered.length <= firstCards;
    setText(button, all ? 'Show fewer' : `Show all ${ordered.length}`);
  };

  button.addEventListener('click', () => {
    all = !all;
    show();
  });
  for (const verdict of verdicts) {
    const choice = filters.querySelector(`[data-verdict="${verdict}"]`);
    choice?.setAttribute('aria-pressed', String(verdict === filter.verdict));
    choice?.addEventListener('click', () => {
      filter.verdict = verdict;
      for (const other of filters.querySelectorAll('[data-verdict]'))
        other.setAttribute('aria-pressed', String(other === choice));
      show();
    });
  }
  classChoice.addEventListener('change', () => {
    filter.label = classChoice.value === '' ? null : Number(classChoice.value);
    show();
  });
  const buildChoices = onChange((names: readonly string[]) => {
    const options = names.map((name, label) => h('option', { value: label }, name));
    classChoice.replaceChildren(h('option', { value: '' }, 'all'), ...options);
  });

  return {
    render: onChange((next: SamplesData | null, names: readonly string[]) => {
      samples = next;
      classes = names;
      buildChoices(names);
      show();
    }),
    recolor: show,
  };
}

interface CardOptions {
  classes: readonly string[];
  ticks: readonly string[];
  ink: Ink;
}

function card(sample: SamplePrediction, { classes, ticks, ink }: CardOptions): HTMLElement {
  const right = isRight(sample);
  const read = classes[sample.prediction] ?? String(sample.prediction);
  const truth = classes[sample.label] ?? String(sample.label);
  const bars = barHeights(sample.probabilities).map((height, digit) => {
    const kinds = ['bar', digit === sample.prediction && 'read', !right && digit === sample.label && 'truth'];
    const bar = styled(h('i'), { height: `${(height * 26).toFixed(1)}px` });
    return h('span', { class: kinds.filter(Boolean).join(' ') }, bar, ticks[digit] ?? '');
  });
  return h(
    'li',
    { class: right ? 'sample right' : 'sample wrong' },
    digitImage(imagePixels(sample.image), ink),
    h(
      'div',
      { class: 'sample-words' },
      h('span', { class: 'sr-only' }, sampleSentence(sample, classes)),
      h(
        'span',
        { class: read.length > 2 ? 'sample-read long' : 'sample-read', 'aria-hidden': 'true' },
        read,
        h('span', { class: 'sample-mark' }, right ? '✓' : '✗'),
      ),
      h('span', { class: 'sample-truth', 'aria-hidden': 'true' }, right ? 'right' : `is ${truth}`),
    ),
    h('div', { class: 'bars', 'aria-hidden': 'true' }, ...bars),
  );
}
