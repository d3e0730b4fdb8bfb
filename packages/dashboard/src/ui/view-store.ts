import { queryOf, type View, viewOf } from '../state/view.ts';
import { keepPreferences, likings, type Preferences } from './preferences.ts';

/** How long the address waits for the next change: browsers take only so many in a minute. */
const writeAfterMs = 250;

/** The view, as the address and the browser keep it. */
export interface ViewStore {
  readonly view: View;
  change(change: Partial<View>): void;
  /** An address that shows the same to another person. */
  link(runId: string | null): string;
}

/**
 * Reads the view from the address. `changed` runs after each change, with the view before it; one to another run can
 * be gone back from.
 */
export function createViewStore(
  preferences: Preferences,
  changed: (view: View, before: View) => void,
): ViewStore {
  let view = viewOf(location.search, preferences.charts);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const address = (): string => `${location.pathname}?${queryOf(view)}`;
  const become = (next: View): void => {
    const before = view;
    view = next;
    changed(view, before);
  };
  addEventListener('popstate', () => become(viewOf(location.search, preferences.charts)));
  return {
    get view() {
      return view;
    },
    change(change) {
      const before = view;
      // What is shown is what the address says, rounded as it is there: a link shows just the same.
      become(viewOf(queryOf({ ...view, ...change }), preferences.charts));
      preferences.charts = likings(view);
      keepPreferences(preferences);
      clearTimeout(timer);
      if (view.run !== before.run) history.pushState(null, '', address());
      else timer = setTimeout(() => history.replaceState(null, '', address()), writeAfterMs);
    },
    link: (runId) => `${location.origin}${location.pathname}?${queryOf({ ...view, run: runId })}`,
  };
}
