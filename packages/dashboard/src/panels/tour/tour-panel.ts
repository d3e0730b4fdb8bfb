import { html, type TemplateResult } from 'lit-html';
import { focusMain } from '../../ui/focus.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { endTour, tourState } from './tour-state.ts';
import { type TourStep, tourSteps } from './tour-steps.ts';
import './tour.css';

/** The steps whose part the page shows, from the start of the tour to its end. */
let steps: readonly TourStep[] = [];
let at = 0;
/** The element that is marked as the part that the step is about. */
let marked: Element | undefined;

const targetOf = ({ target }: TourStep): Element | undefined =>
  target.map((selector) => document.querySelector(selector)).find((each) => each?.checkVisibility()) ??
  undefined;

/** The offer of a tour on the first visit, and the tour itself: a card above the timeline that covers nothing for long. */
export const tourPanel: Panel = {
  render(_state, actions) {
    if (tourState.phase === 'running' && steps.length === 0) begin(actions);
    const step = steps[at];
    return html`
      <aside class="tour" id="tour" aria-label="Tour of the page" @keydown=${(event: KeyboardEvent) => event.key === 'Escape' && leave(actions)}>
        ${step ? stepCard(step, actions) : offer(actions)}
      </aside>`;
  },
};

const offer = (actions: PageActions): TemplateResult => html`
  <p><b>New here?</b> A short tour shows what is where.</p>
  <div class="tour-actions">
    <button type="button" class="button small" data-part="skip" @click=${() => leave(actions)}>No, thanks</button>
    <button type="button" class="button small primary" data-part="start" @click=${() => begin(actions)}>Show me around</button>
  </div>`;

const stepCard = ({ title, text }: TourStep, actions: PageActions): TemplateResult => html`
  <h2 id="tour-title" tabindex="-1"><span class="tour-count">${at + 1} of ${steps.length}</span> ${title}</h2>
  <p>${text}</p>
  <div class="tour-actions">
    <button type="button" class="button small" data-part="skip" @click=${() => leave(actions)}>End the tour</button>
    <span class="spacer"></span>
    <button type="button" class="button small" data-part="back" ?disabled=${at === 0} @click=${() => show(at - 1, actions)}>Back</button>
    <button type="button" class="button small primary" data-part="next" @click=${() => (at + 1 < steps.length ? show(at + 1, actions) : leave(actions))}>${at + 1 < steps.length ? 'Next' : 'Done'}</button>
  </div>`;

function begin(actions: PageActions): void {
  tourState.phase = 'running';
  steps = tourSteps.filter(targetOf);
  show(0, actions);
}

function show(index: number, { refresh }: PageActions): void {
  at = index;
  const step = steps[at];
  mark(step && targetOf(step));
  refresh();
  // A screen reader reads the step from its title on; the keyboard continues from there.
  requestAnimationFrame(() => document.getElementById('tour-title')?.focus({ preventScroll: true }));
}

function mark(element: Element | undefined): void {
  marked?.classList.remove('tour-target');
  marked = element;
  marked?.classList.add('tour-target');
  marked?.scrollIntoView({ block: 'start' });
}

function leave({ refresh }: PageActions): void {
  mark(undefined);
  steps = [];
  endTour();
  focusMain();
  refresh();
}
