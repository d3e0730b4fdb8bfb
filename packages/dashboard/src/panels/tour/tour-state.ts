import type { PageState } from '../../ui/panel.ts';

/** The prefix of the names of everything that the page stores. */
const storagePrefix = 'mnist-monitor.';
const storageKey = `${storagePrefix}visited`;

/** Whether the tour is offered or running on this page. */
export const tourState: { phase: 'unknown' | 'offered' | 'running' | 'over' } = { phase: 'unknown' };

/**
 * Returns whether the page shows the tour or its offer. It is offered once in a browser, with the first run that has data, and
 * neither to a program that steers a browser nor in a saved page. A visitor with stored settings has been here before.
 */
export function isTourShown({ run, savedAt }: Pick<PageState, 'run' | 'savedAt'>): boolean {
  if (tourState.phase === 'unknown' && run?.batch) {
    tourState.phase = navigator.webdriver || savedAt !== null || hasVisited() ? 'over' : 'offered';
    if (tourState.phase === 'offered') rememberVisit();
  }
  return tourState.phase === 'offered' || tourState.phase === 'running';
}

/** Starts the tour, as the help does on request. */
export function startTour(): void {
  tourState.phase = 'running';
}

export function endTour(): void {
  tourState.phase = 'over';
}

function hasVisited(): boolean {
  try {
    return Object.keys(localStorage).some((key) => key.startsWith(storagePrefix));
  } catch {
    // Without storage, the offer would come with each visit.
    return true;
  }
}

/** Remembers the visit: an offer that is ignored does not come again either. */
function rememberVisit(): void {
  try {
    localStorage.setItem(storageKey, 'yes');
  } catch {
    // Storage may be full or forbidden.
  }
}
