import { html, nothing, type TemplateResult } from 'lit-html';
import { guard } from 'lit-html/directives/guard.js';
import { formatCount } from '../../state/format.ts';
import type { LookInside } from '../../ui/image-button.ts';
import { info } from '../../ui/info.ts';
import { lazyPart } from '../../ui/lazy-part.ts';
import { mistakeCount, nonZeroCells } from './confusion-matrix.ts';
import { type EpochResults, provisionalNote } from './epoch-results.ts';
import type { FewClasses } from './few-classes.ts';
import type { ManyClasses } from './many-classes.ts';

/** Maximum number of classes for a matrix with numbers: with more, the numbers do not fit into its cells on a phone. */
const numberedClassLimit = 12;

/** The confusion matrix of an epoch, with the accuracy of each class and the most frequent mistakes. */
export class ConfusionCard {
  readonly #few: () => FewClasses | undefined;
  readonly #many: () => ManyClasses | undefined;
  #shown: FewClasses | ManyClasses | undefined;

  /** The code for the results is loaded with the first run that has them. */
  constructor(refresh: () => void) {
    this.#few = lazyPart(async () => new (await import('./few-classes.ts')).FewClasses(refresh), refresh);
    this.#many = lazyPart(async () => new (await import('./many-classes.ts')).ManyClasses(refresh), refresh);
  }

  /** @param look Looks at an image inside the network; undefined where the page cannot. */
  render(
    results: EpochResults | null,
    epochChoice: TemplateResult,
    look: LookInside | undefined,
  ): TemplateResult {
    const hasMany = (results?.classes.length ?? 0) > numberedClassLimit;
    this.#shown = results ? (hasMany ? this.#many : this.#few)() : undefined;
    const hasMatrix = !results || nonZeroCells(results.epoch.test).length > 0;
    return html`
      <section class="card confusion" id="confusion" aria-labelledby="confusion-title">
        <div class="card-head">
          <h2 id="confusion-title">${hasMatrix ? 'Confusion matrix' : 'Classes'}</h2>${hasMatrix ? info('confusion', 'Confusion matrix') : nothing}
          <p class="card-note" data-field="confusion-note">${guard([results], () => note(results))}</p>
          ${epochChoice}
        </div>
        ${results === null ? html`<p class="empty">Mistakes on the test images appear here after the first epoch.</p>` : this.#shown?.render(results, look)}
      </section>`;
  }

  recolor(): void {
    if (this.#shown && 'recolor' in this.#shown) this.#shown.recolor();
  }
}

function note(results: EpochResults | null): string {
  if (!results) return '';
  const {
    unit,
    provisional,
    outside,
    epoch: { epoch, test },
  } = results;
  const { wrong, total } = mistakeCount(nonZeroCells(test));
  if (provisional)
    return `${provisionalNote(provisional, unit)}; ${formatCount(wrong)} wrong. The epoch's results replace it.`;
  if (total === 0) return `Epoch ${epoch}`;
  const note = `Epoch ${epoch}: ${formatCount(wrong)} of ${formatCount(total)} test ${unit} wrong`;
  return outside ? `${note}; ${formatCount(outside)} of unknown classes left out` : note;
}
