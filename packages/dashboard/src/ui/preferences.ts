import { type ChartPreferences, defaultView, queryOf, viewOf } from '../state/view.ts';

/** Colour theme of the page; undefined follows the system. */
export type Theme = 'light' | 'dark' | undefined;

/** The viewer's settings, stored by the browser where it allows that. */
export interface Preferences {
  theme: Theme;
  charts: ChartPreferences;
}

const storageKey = 'mnist-monitor.preferences';

export function readPreferences(): Preferences {
  const { theme, charts } = readStored();
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : undefined,
    // Stored as the query of an address, so that `viewOf` reads preferences and addresses.
    charts: viewOf(typeof charts === 'string' ? charts : ''),
  };
}

export function savePreferences({ theme, charts }: Preferences): void {
  try {
    const query = queryOf({ ...defaultView, ...chartPreferences(charts) });
    localStorage.setItem(storageKey, JSON.stringify({ theme, charts: query }));
  } catch {
    // Storage may be full or forbidden: then the settings last until the page is left.
  }
}

/** Returns the settings of a view that apply to every run. */
export function chartPreferences({
  axis,
  logX,
  smoothing,
  scales,
  target,
}: ChartPreferences): ChartPreferences {
  return { axis, logX, smoothing, scales, target };
}

function readStored(): Record<string, unknown> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '{}');
    return typeof stored === 'object' && stored !== null ? { ...stored } : {};
  } catch {
    return {};
  }
}
