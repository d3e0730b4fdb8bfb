import { type Preferences as ChartPreferences, defaultView, queryOf, viewOf } from '../state/view.ts';

/** Colour theme of the page; undefined follows the system. */
export type Theme = 'light' | 'dark' | undefined;

/** The viewer's settings, kept by the browser where it allows that. */
export interface Preferences {
  theme: Theme;
  charts: ChartPreferences;
}

const key = 'mnist-monitor.preferences';

export function readPreferences(): Preferences {
  const { theme, charts } = readKept();
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : undefined,
    // Kept as the query of an address: one form, and one place that reads it.
    charts: viewOf(typeof charts === 'string' ? charts : ''),
  };
}

export function keepPreferences({ theme, charts }: Preferences): void {
  try {
    localStorage.setItem(
      key,
      JSON.stringify({ theme, charts: queryOf({ ...defaultView, ...likings(charts) }) }),
    );
  } catch {
    // Storage may be full or forbidden; the setting then holds until the page is left.
  }
}

/** What holds for every run, without what belongs to one. */
export function likings({ axis, logX, smoothing, scales, target }: ChartPreferences): ChartPreferences {
  return { axis, logX, smoothing, scales, target };
}

function readKept(): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof kept === 'object' && kept !== null ? { ...kept } : {};
  } catch {
    return {};
  }
}
