import { html, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import type { LookInside } from '../../ui/image-button.ts';
import { info } from '../../ui/info.ts';
import { lazyPart } from '../../ui/lazy-part.ts';
import { type EpochResults, provisionalNote } from './epoch-results.ts';
import type { SampleList } from './sample-list.ts';
import { samplesCaption } from './sample-selection.ts';

/** Test images with the network's predictions and their probabilities. */
export class SamplesCard {
  readonly #list: () => SampleList | undefined;

  /** The code for the samples is loaded with the first run that has them. */
  constructor(refresh: () => void) {
    this.#list = lazyPart(async () => new (await import('./sample-list.ts')).SampleList(refresh), refresh);
  }

  /** @param look Looks at an image inside the network; undefined where the page cannot. */
  render(results: EpochResults | null, look: LookInside | undefined): TemplateResult {
    return html`
      <section class="card samples" aria-labelledby="samples-title">
        <div class="card-head">
          <h2 id="samples-title">Sample predictions</h2>${info('samples', 'Sample predictions')}
          <p class="card-note" data-field="samples-note">${guard([results], () => captionOf(results))}</p>
        </div>
        ${
          results?.samples
            ? this.#list()?.render(results, results.samples, look)
            : html`<p class="empty">${results ? 'No test images with their predictions have arrived yet.' : 'Test images and their predictions appear here after the first epoch.'}</p>`
        }
      </section>`;
  }
}

function captionOf(results: EpochResults | null): string {
  if (!results?.samples) return '';
  const { provisional, samples, unit, epoch } = results;
  return provisional
    ? `${provisionalNote(provisional, unit)}, the surest mistakes first.`
    : samplesCaption(samples, { tested: epoch, unit });
}
