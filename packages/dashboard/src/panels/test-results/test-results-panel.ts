import { html, nothing, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { EpochData } from '../../state/event-data.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import type { Run } from '../../state/run.ts';
import { awaitsEverything } from '../../state/run-words.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { recolorImages } from '../../ui/pixel-image.ts';
import { ConfusionCard } from './confusion-card.ts';
import { type EpochResults, epochResults, hasClassResults } from './epoch-results.ts';
import { SamplesCard } from './samples-card.ts';
import './confusion.css';
import './samples.css';

const noEpochs: readonly never[] = [];

let runId: string | undefined;
/** The epoch that the viewer has chosen; null for the latest. */
let chosenEpoch: number | null = null;
let confusion: ConfusionCard | undefined;
let samples: SamplesCard | undefined;

/** Returns the same object until the results change, so that cards can skip rendering. */
const resultsOf = memoizeLast(
  (epochs: Run['epochs'], samples: Run['samples'], started: Run['started'], chosen: number | null) =>
    epochResults({ epochs, samples, started }, chosen),
);

function epochSlider(
  epochs: readonly EpochData[],
  results: EpochResults | null,
  { refresh }: PageActions,
): TemplateResult {
  const last = epochs.at(-1)?.epoch ?? 1;
  const change = ({ target }: Event): void => {
    const epoch = (target as HTMLInputElement).valueAsNumber;
    chosenEpoch = epoch >= last ? null : epoch;
    refresh();
  };
  return html`
    <label class="tool epoch-tool" id="epoch-tool" ?hidden=${epochs.length < 2}>
      <span>Epoch</span>
      <input
        type="range" id="epoch-slider" step="1" min=${epochs[0]?.epoch ?? 1} max=${last}
        .value=${live(String(results?.epoch.epoch ?? 1))} @input=${change}
      />
      <output for="epoch-slider" id="epoch-value">${chosenEpoch ?? 'latest'}</output>
    </label>`;
}

/** The results on the test images: confusion matrix, classes and sample predictions, of the latest or a chosen epoch. */
export const testResultsPanel: Panel = {
  render({ run }, actions) {
    if (run?.runId !== runId) chosenEpoch = null;
    runId = run?.runId;
    confusion ??= new ConfusionCard(actions.refresh);
    samples ??= new SamplesCard(actions.refresh);
    const shown = run && resultsOf(run.epochs, run.samples, run.started, chosenEpoch);
    const isExpected = awaitsEverything(run);
    const showsClasses = isExpected || hasClassResults(shown?.epoch.test);
    const tested = run?.epochs.some(({ test }) => hasClassResults(test)) ? run.epochs : noEpochs;
    return html`
      ${
        showsClasses
          ? confusion.render(
              hasClassResults(shown?.epoch.test) ? shown : null,
              epochSlider(tested, shown, actions),
            )
          : nothing
      }
      ${isExpected || (shown?.samples?.items.length ?? 0) > 0 ? samples.render(shown) : nothing}`;
  },
  recolor() {
    confusion?.recolor();
    for (const card of document.querySelectorAll('.confusion, .samples')) recolorImages(card);
  },
};
