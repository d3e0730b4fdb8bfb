import { html, noChange, nothing, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { type AxisName, knownAxis } from '../../state/axis.ts';
import { shownCharts } from '../../state/chart-specs.ts';
import type { Run } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';
import { isFollowed } from '../../state/session.ts';
import { typedNumber } from '../../state/typed-number.ts';
import { targetBounds, targetOf, type View } from '../../state/view.ts';
import type { PageActions, PageState } from '../../ui/panel.ts';
import { exportMenu } from '../export/export-menu.ts';

export interface ToolbarActions {
  setAxis(axis: AxisName): void;
  toggleFollow(): void;
  showAll(): void;
}

/** Renders the controls that all charts share. */
export const chartToolbar = (
  state: PageState,
  page: PageActions,
  toolbar: ToolbarActions,
): TemplateResult => html`
  <div class="tools" id="tools">
    <span class="chips">
      ${followButton(state, toolbar)}
      <button
        class="chip" type="button" id="zoom-reset"
        ?hidden=${state.view.viewport.kind === 'all'} @click=${toolbar.showAll}
      >Show all</button>
      <button
        class="chip" type="button" id="view-pause" ?hidden=${state.run === null || state.savedAt !== null}
        aria-pressed=${state.unseenEvents !== null} @click=${page.togglePause}
      >${pauseLabel(state)}</button>
    </span>
    ${axisFields(state, page, toolbar)}
    ${smoothingField(state.view, page)}
    ${shownCharts(state.chartRuns.map(({ run }) => run)).includes('accuracy') ? targetField(state, page) : nothing}
    ${exportMenu.render(state, page)}
  </div>`;

/** Returns the label of the button that freezes the charts, with what the viewer does not see while they are frozen. */
function pauseLabel({ unseenEvents, run, session }: PageState): string {
  if (unseenEvents === null) return 'Freeze charts';
  // Without a followed run, all runs have been deleted since.
  if (!session.run || isFollowed(run, session)) return `Unfreeze, ${unseenEvents} new`;
  return 'Unfreeze, show the new run';
}

function followButton({ view, run }: PageState, { toggleFollow }: ToolbarActions): TemplateResult {
  const follows = view.viewport.kind === 'follow';
  // Hidden when there is nothing to follow: a finished run has no new data, and the whole axis always contains the latest data.
  const hidden = view.viewport.kind === 'all' || run?.finished !== null;
  return html`
    <button class="chip" type="button" id="follow" ?hidden=${hidden} aria-pressed=${follows} @click=${toggleFollow}>
      ${follows ? 'Following' : 'Follow'}
    </button>`;
}

const stepNames = { batch: 'batches', step: 'steps', epoch: 'epochs' };

const axisFields = (
  { run, view: { axis, logX } }: PageState,
  page: PageActions,
  { setAxis }: ToolbarActions,
): TemplateResult => html`
  <label class="tool">
    <span>X axis</span>
    <select
      class="input" id="axis" .value=${live(knownAxis(run ?? undefined, axis))}
      @change=${(event: Event) => setAxis((event.target as HTMLSelectElement).value as AxisName)}
    >
      <option value="step">${stepNames[stepWordOf(run)]}</option>
      ${hasEpochAxis(run) ? html`<option value="epoch">epochs</option>` : nothing}
      <option value="elapsed">training time</option>
      <option value="clock">clock</option>
    </select>
  </label>
  <label class="tool">
    <input
      type="checkbox" id="log-x" .checked=${live(logX)} ?disabled=${axis === 'clock'}
      @change=${(event: Event) => page.changeView({ logX: inputOf(event).checked })}
    /> Log x
  </label>`;

/** Returns whether to offer an axis of epochs. */
const hasEpochAxis = (run: Run | null): boolean => knownAxis(run ?? undefined, 'epoch') === 'epoch';

function smoothingField({ smoothing }: View, { changeView }: PageActions): TemplateResult {
  const text = smoothing === 0 ? 'off' : smoothing.toFixed(2);
  return html`
    <label class="tool smoothing">
      <span>Smoothing</span>
      <input
        type="range" id="smoothing" min="0" max="0.99" step="0.01" .value=${live(String(smoothing))}
        aria-valuetext=${text}
        @input=${(event: Event) => changeView({ smoothing: inputOf(event).valueAsNumber })}
      />
      <output for="smoothing" id="smoothing-value">${text}</output>
    </label>`;
}

/** Why the target that was typed last is not used; empty while it is. */
let targetProblem = '';

function targetField({ view, run }: PageState, { changeView, refresh }: PageActions): TemplateResult {
  const [min, max] = targetBounds.map((share) => share * 100);
  const target = targetOf(view, run);
  const text = target === null ? '' : String(Number((target * 100).toFixed(4)));
  const isEdited = document.activeElement?.id === 'target';
  const change = (event: Event): void => {
    const input = inputOf(event);
    const isEmpty = input.value.trim() === '';
    const typed = isEmpty ? 0 : typedNumber(input.value);
    const isValid = min !== undefined && max !== undefined && typed >= min && typed <= max;
    targetProblem = isValid
      ? ''
      : `Expected a target from ${min} to ${max} %, got “${input.value.slice(0, 40)}”.`;
    // An empty field removes the target, as does 0.
    if (isValid) changeView({ target: typed / 100 || null });
    else refresh();
  };
  return html`
    <label class="tool">
      <span>Target</span>
      <input
        class="input" type="text" inputmode="decimal" id="target" placeholder="none" autocomplete="off"
        aria-describedby="target-problem"
        .value=${isEdited ? noChange : live(text)} @change=${change}
      />
      <span>%</span>
    </label>
    <span class="tool-problem" id="target-problem" role="status">${targetProblem}</span>`;
}

const inputOf = (event: Event): HTMLInputElement => event.target as HTMLInputElement;
