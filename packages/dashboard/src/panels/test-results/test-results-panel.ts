import { html, nothing, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { EpochData, SamplesData } from '../../state/event-data.ts';
import { canExamine } from '../../state/examined-image.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import type { Run } from '../../state/run.ts';
import { awaitsEverything } from '../../state/run-words.ts';
import { lazyPart } from '../../ui/lazy-part.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { recolorImages } from '../../ui/pixel-image.ts';
import { ConfusionCard } from './confusion-card.ts';
import { type EpochResults, epochResults, hasClassResults } from './epoch-results.ts';
import { SamplesCard } from './samples-card.ts';
import './confusion.css';
import './samples.css';

const noEpochs: readonly never[] = [];

let confusion: ConfusionCard | undefined;
let samples: SamplesCard | undefined;

/** Returns the results of the latest epoch: the same object until they change, so that cards can skip rendering. */
const resultsOf = memoizeLast((epochs: Run['epochs'], samples: Run['samples'], started: Run['started']) =>
  epochResults({ epochs, samples, started }),
);

let refresh = (): void => {};
/** Returns the function that computes results from the probe images. Its code is loaded with the first run that has them. */
const provisionalResults = lazyPart(
  async () => memoizeLast((await import('./provisional-results.ts')).provisionalResults),
  () => refresh(),
);

const hasItems = (samples: SamplesData | undefined): boolean => (samples?.items.length ?? 0) > 0;

/** Renders a slider that moves the timeline to the end of an epoch. */
function epochSlider(
  epochs: readonly EpochData[],
  { results, isNow }: { results: EpochResults | null; isNow: boolean },
  { changeView }: PageActions,
): TemplateResult {
  const last = epochs.at(-1)?.epoch ?? 1;
  const change = ({ target }: Event): void => {
    const epoch = (target as HTMLInputElement).valueAsNumber;
    const chosen = epochs.find((each) => each.epoch >= epoch);
    changeView({ step: !chosen || chosen.epoch === last ? null : chosen.step });
  };
  return html`
    <label class="tool epoch-tool" id="epoch-tool" ?hidden=${epochs.length < 2}>
      <span>Epoch</span>
      <input
        type="range" id="epoch-slider" step="1" min=${epochs[0]?.epoch ?? 1} max=${last}
        .value=${live(String(results?.epoch.epoch ?? 1))} @input=${change}
      />
      <output for="epoch-slider" id="epoch-value">${isNow ? 'latest' : (results?.epoch.epoch ?? 'none yet')}</output>
    </label>`;
}

/**
 * The results on the test images: confusion matrix, classes and sample predictions, of the latest epoch at the position of the
 * timeline.
 */
export const testResultsPanel: Panel = {
  render({ run, runAtStep }, actions) {
    refresh = actions.refresh;
    confusion ??= new ConfusionCard(actions.refresh);
    samples ??= new SamplesCard(actions.refresh);
    const ofEpoch = run && runAtStep && resultsOf(runAtStep.epochs, runAtStep.samples, run.started);
    const provisional =
      run && runAtStep?.probe && !hasClassResults(ofEpoch?.epoch.test)
        ? (provisionalResults()?.(run, runAtStep.probe) ?? null)
        : null;
    const shown = provisional ?? ofEpoch;
    const isExpected = awaitsEverything(run);
    const chosenFrom = run?.epochs.some(({ test }) => hasClassResults(test)) ? run.epochs : noEpochs;
    // The cards stay in their places when the timeline is before their first results.
    const showsClasses = isExpected || chosenFrom.length > 0 || provisional !== null;
    const isNow = runAtStep?.step === null;
    const look = run && canExamine(run) ? actions.lookInside : undefined;
    return html`
      ${
        showsClasses
          ? confusion.render(
              hasClassResults(shown?.epoch.test) ? shown : null,
              epochSlider(chosenFrom, { results: shown, isNow }, actions),
              look,
            )
          : nothing
      }
      ${isExpected || hasItems(shown?.samples ?? run?.samples[0]) ? samples.render(shown, look) : nothing}`;
  },
  recolor() {
    confusion?.recolor();
    for (const card of document.querySelectorAll('.confusion, .samples')) recolorImages(card);
  },
};
