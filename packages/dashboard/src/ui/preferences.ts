import { type ChartPreferences, defaultView, queryOf, viewOf } from '../state/view.ts';

/** Colour theme of the page; undefined follows the system. */
export type Theme = 'light' | 'dark' | undefined;

/** The viewer's settings, stored by the browser where it allows that. */
export interface Preferences {
  theme: Theme;
  /** Whether single keys, such as R for the list of runs, are shortcuts. */
  shortcuts: boolean;
  /** Whether the page notifies the viewer on the desktop of the end, a divergence or a stall of a run. */
  notifications: boolean;
  charts: ChartPreferences;
}

const storageKey = 'mnist-monitor.preferences';
/** Version of the stored settings; earlier ones had none. */
const version = 2;

export function readPreferences(): Preferences {
  const { theme, shortcuts, notifications, charts, version: storedVersion } = readStored();
  // Stored as the query of an address, so that `viewOf` reads preferences and addresses.
  const query = typeof charts === 'string' ? charts : '';
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : undefined,
    shortcuts: shortcuts !== false,
    notifications: notifications === true,
    charts: viewOf(storedVersion === version ? query : withoutOldDefaults(query)),
  };
}

/**
 * Removes the values from a query that the page used to store although nobody had chosen them: the target of 99 % for runs of
 * any data, and the logarithmic loss, which is now the default only of losses above 0.
 */
function withoutOldDefaults(text: string): string {
  const query = new URLSearchParams(text);
  if (query.get('target') === '0.99') query.delete('target');
  if (query.get('loss') === 'log') query.delete('loss');
  return query.toString();
}

export function savePreferences({ theme, shortcuts, notifications, charts }: Preferences): void {
  try {
    const query = queryOf({ ...defaultView, ...chartPreferences(charts) });
    localStorage.setItem(
      storageKey,
      JSON.stringify({ version, theme, shortcuts, notifications, charts: query }),
    );
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
