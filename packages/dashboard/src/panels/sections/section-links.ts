import { html, type TemplateResult } from 'lit-html';
import './section-links.css';

/** The parts of the page that links lead to, in their order: the id of each, its name, and a name for narrow windows. */
const sections = [
  { id: 'curves', name: 'Curves', short: 'Curves' },
  { id: 'mistakes', name: 'What it gets wrong', short: 'Mistakes' },
  { id: 'draw', name: 'Draw', short: 'Draw' },
  { id: 'inside', name: 'Inside the network', short: 'Inside' },
  { id: 'history', name: 'Epochs and settings', short: 'Epochs' },
  { id: 'system', name: 'System', short: 'System' },
] as const;

/** Returns whether the page has something in a part: parts of other runs are empty, and hidden by their styles. */
const isShown = ({ id }: (typeof sections)[number]): boolean =>
  document.getElementById(id)?.checkVisibility() ?? false;

/**
 * Renders links to the parts of the page, for those that the page has since its last render.
 * @param label Name of the links for screen readers, which list each set of links by its name.
 */
export function sectionLinks(label: string): TemplateResult {
  const shown = sections.filter(isShown);
  return html`
    <nav class="section-links" aria-label=${label}>
      ${shown.map(
        ({ id, name, short }) => html`
          <a href="#${id}" @click=${moveTo}><span>${name}</span><span class="short">${short}</span></a>`,
      )}
    </nav>`;
}

/** Moves the page and the focus to a part, without an entry in the browser's history or a change of the address. */
function moveTo(event: Event): void {
  event.preventDefault();
  const id = (event.currentTarget as HTMLAnchorElement).hash.slice(1);
  const part = document.getElementById(id);
  if (!part) return;
  part.scrollIntoView({ block: 'start' });
  if (part.tabIndex < 0) part.tabIndex = -1;
  part.focus({ preventScroll: true });
}
