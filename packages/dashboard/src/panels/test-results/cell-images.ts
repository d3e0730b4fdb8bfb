import { html, nothing, type TemplateResult } from 'lit-html';
import { base64Bytes } from '../../state/base64.ts';
import { formatPlural } from '../../state/format.ts';
import { singular } from '../../state/run-words.ts';
import { imageButton, type LookInside } from '../../ui/image-button.ts';
import { pointerText } from '../../ui/touch.ts';
import { cellChooser } from '../misread/cell-choice.ts';
import { type CellPosition, cellNote, nonZeroCells, worstMistakes } from './confusion-matrix.ts';
import type { EpochResults } from './epoch-results.ts';
import { sampleSentence, samplesOf } from './sample-selection.ts';

/** Returns the text below a matrix while no cell is pointed at. It mentions images only if there are samples to show. */
export const matrixHint = ({ samples }: EpochResults): string =>
  samples
    ? pointerText(
        'Point at a cell to read it; click to see its images.',
        'Tap a cell to read it and to see its images.',
      )
    : pointerText('Point at a cell to read it.', 'Tap a cell to read it.');

/** Renders how to read the cell with the most mistakes; nothing without a mistake. */
export function matrixExample({ classes, epoch, unit }: EpochResults): TemplateResult | typeof nothing {
  const [worst] = worstMistakes(nonZeroCells(epoch.test), 1);
  if (!worst) return nothing;
  const [truth, predicted] = [classes[worst.truth], classes[worst.predicted]];
  return html`
    <p class="matrix-example">
      For example, row ${truth}, column ${predicted}: ${formatPlural(worst.count, singular(unit), unit)} of class ${truth}
      were taken for ${predicted}.
    </p>`;
}

/** Renders a button that shows every image of a cell, where the page can read the test images. */
function showAllButton([truth, predicted]: CellPosition): TemplateResult | typeof nothing {
  const choose = cellChooser();
  if (!choose) return nothing;
  return html`<button class="button small" type="button" id="cell-all" @click=${() => choose({ truth, predicted })}>Show all</button>`;
}

/** The data and callbacks of the images of a cell. */
export interface CellImagesOptions {
  /** Returns how often a cell was counted. */
  count: (cell: CellPosition) => number;
  look: LookInside | undefined;
}

/** Renders the sample images of a cell, and a note if not all of the cell's images are among the samples. */
export function cellImages(
  { epoch, samples, classes, provisional }: EpochResults,
  cell: CellPosition | null,
  { count, look }: CellImagesOptions,
): TemplateResult | typeof nothing {
  if (!cell || !samples) return nothing;
  // Until the samples of the epoch arrive, `samples` are those of an earlier epoch, which this matrix does not count.
  const found = samplesOf(samples.epoch === epoch.epoch ? samples.items : [], cell);
  const missing = cellNote(count(cell), found.length, provisional ? 'shown here' : undefined);
  return html`
    ${found.map((sample) => {
      const sentence = sampleSentence(sample, classes);
      return html`
        <li title=${sentence}>
          ${imageButton({ ...sample, pixels: base64Bytes(sample.image), size: samples, classes }, `Test image ${sample.index}`, look)}
          <span class="sr-only">${sentence}</span>
        </li>`;
    })}
    ${missing === '' ? nothing : html`<li class="cell-note">${missing} ${provisional ? nothing : showAllButton(cell)}</li>`}`;
}
