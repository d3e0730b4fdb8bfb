import { html, type TemplateResult } from 'lit-html';
import type { Explained } from './explanations.ts';
import { onDemand } from './on-demand.ts';
import './info.css';

/** Distance of an explanation from its button, and its least distance from the edge of the window, in pixels. */
const gap = 6;

/**
 * Renders the button “i” that explains a part of the page. Its text is loaded with the first click.
 * @param name Name of the part, for screen readers.
 * @param classCount Number of classes of the run, which the explanation of some parts mentions.
 */
export const info = (part: Explained, name: string, classCount?: number): TemplateResult => html`
  <span class="info-mark">
    <button type="button" class="info-button" popovertarget="info-${part}" aria-label="${name}: explanation" title="What is this?"><i aria-hidden="true">i</i></button>
    <span class="info-text" id="info-${part}" popover role="note" @beforetoggle=${(event: Event) => fill(event, part, classCount)} @toggle=${place}></span>
  </span>`;

const loadExplanations = onDemand(() => import('./explanations.ts'));

async function fill(event: Event, part: Explained, classCount: number | undefined): Promise<void> {
  const text = event.currentTarget as HTMLElement;
  if ((event as ToggleEvent).newState !== 'open') return;
  const code = await loadExplanations({
    report: (problem) => {
      text.textContent = problem;
    },
    isWanted: () => text.matches(':popover-open'),
  });
  if (code) text.textContent = code.explanation(part, classCount);
  place({ currentTarget: text });
}

/** Puts an explanation below its button, within the window. It scrolls with the page. */
function place({ currentTarget }: Pick<Event, 'currentTarget'>): void {
  const text = currentTarget as HTMLElement;
  const button = text.previousElementSibling?.getBoundingClientRect();
  if (!button || !text.matches(':popover-open')) return;
  const { width, height } = text.getBoundingClientRect();
  const room = document.documentElement.clientWidth - width - gap;
  const left = Math.max(gap, Math.min(button.left - gap, room));
  const isBelow = button.bottom + gap + height < innerHeight || button.top < height + gap;
  const top = isBelow ? button.bottom + gap : button.top - gap - height;
  text.style.left = `${left + scrollX}px`;
  text.style.top = `${top + scrollY}px`;
}
