import { imageBytes, type Sample, type Samples } from '@mnist-monitor/shared';
import type { Run } from '../state/run.ts';
import { tickLabels } from '../views/classes.ts';
import {
  barHeights,
  firstSamples,
  imagePixels,
  isRight,
  orderSamples,
  sampleSentence,
  samplesCaption,
} from '../views/samples.ts';
import { byId, field, h, onChange, setText, styled } from './dom.ts';

/** How many cards are shown before one asks for all. */
const firstCards = 12;
const side = Math.sqrt(imageBytes);

/** Test images, how the network reads them, and how sure it is. */
export function createSamples(): { render: (run: Run | null) => void; recolor: () => void } {
  const grid = byId('sample-grid', HTMLElement);
  const button = byId('samples-all', HTMLButtonElement);
  const note = field('samples-note');
  const empty = field('samples-empty');
  let all = false;
  let samples: Samples | null = null;
  let classes: readonly string[] = [];

  const show = (): void => {
    const ordered = orderSamples(samples?.items ?? []);
    const ink = inkColor();
    const ticks = tickLabels(classes);
    const shown = all ? ordered : firstSamples(ordered, firstCards);
    grid.replaceChildren(...shown.map((sample) => card(sample, { classes, ticks, ink })));
    empty.hidden = samples !== null;
    setText(note, samples ? samplesCaption(samples) : '');
    button.hidden = ordered.length <= firstCards;
    setText(button, all ? 'Show fewer' : `Show all ${ordered.length}`);
  };
  button.addEventListener('click', () => {
    all = !all;
    show();
  });

  const render = onChange((next: Samples | null, names: readonly string[] | undefined) => {
    samples = next;
    classes = names ?? [];
    show();
  });
  return { render: (run) => render(run?.samples ?? null, run?.started?.dataset.classes), recolor: show };
}

interface CardOptions {
  classes: readonly string[];
  ticks: readonly string[];
  ink: readonly [number, number, number];
}

function card(sample: Sample, { classes, ticks, ink }: CardOptions): HTMLElement {
  const right = isRight(sample);
  const read = classes[sample.prediction] ?? String(sample.prediction);
  const truth = classes[sample.label] ?? String(sample.label);
  const bars = barHeights(sample).map((height, digit) => {
    const kinds = ['bar', digit === sample.prediction && 'read', !right && digit === sample.label && 'truth'];
    const bar = styled(h('i'), { height: `${(height * 26).toFixed(1)}px` });
    return h('span', { class: kinds.filter(Boolean).join(' ') }, bar, ticks[digit] ?? '');
  });
  return h(
    'li',
    { class: right ? 'sample right' : 'sample wrong' },
    digitCanvas(sample, ink),
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

/** The image with the page's own text colour as ink, on no ground: right in either theme. */
function digitCanvas(sample: Sample, [red, green, blue]: CardOptions['ink']): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  canvas.setAttribute('aria-hidden', 'true');
  const image = new ImageData(side, side);
  for (const [at, grey] of imagePixels(sample.image).entries())
    image.data.set([red, green, blue, grey], at * 4);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

/** The text colour as red, green, blue. The browser may write a colour in many ways: one pixel of it tells. */
function inkColor(): [number, number, number] {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return [0, 0, 0];
  context.fillStyle = getComputedStyle(document.body).color;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
