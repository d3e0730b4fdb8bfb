import { queryOf, type View, viewOf } from '../state/view.ts';
import { chartPreferences, type Preferences, savePreferences } from './preferences.ts';

/** Delay before the address is written: browsers limit how often a page may change it. */
const writeAfterMs = 250;

/** The view, stored in the page's address and in the preferences. */
export interface ViewStore {
  readonly view: View;
  change(change: Partial<View>): void;
  /** Returns an address that shows the same view to other viewers. */
  link(runId: string | null): string;
}

/**
 * Creates the store of the view, which begins as the page's address describes it. A change to another run makes an entry in the
 * browser's history.
 * @param onChange Called after each change.
 */
export function createViewStore(
  preferences: Preferences,
  onChange: (view: View, isStep: boolean) => void,
): ViewStore {
  let view = viewOf(location.search, preferences.charts);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const address = (): string => `${location.pathname}?${queryOf(view)}`;
  const set = (next: View, isStep = false): void => {
    view = next;
    onChange(view, isStep);
  };
  addEventListener('popstate', () => set(viewOf(location.search, preferences.charts)));
  return {
    get view() {
      return view;
    },
    change(change) {
      const { run } = view;
      const isStep = Object.keys(change).join() === 'step';
      // The query rounds numbers. This page shows the view parsed from the query, so that a link shows exactly the same.
      // A step is an integer, and changes with each frame of a moving timeline: everything else stays the same object.
      set(
        isStep ? { ...view, ...change } : viewOf(queryOf({ ...view, ...change }), preferences.charts),
        isStep,
      );
      if (!isStep) {
        preferences.charts = chartPreferences(view);
        savePreferences(preferences);
      }
      clearTimeout(timer);
      if (view.run !== run) history.pushState(null, '', address());
      else timer = setTimeout(() => history.replaceState(null, '', address()), writeAfterMs);
    },
    link: (runId) => `${location.origin}${location.pathname}?${queryOf({ ...view, run: runId })}`,
  };
}
