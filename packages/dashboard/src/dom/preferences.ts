/** What the viewer has set, kept by the browser. All of it is optional: a browser may refuse to keep anything. */
export interface Preferences {
  theme: 'light' | 'dark' | undefined;
  /** Weight of the moving average. */
  smoothing: number;
  lossView: 'loss' | 'loss-log';
  accuracyView: 'accuracy' | 'accuracy-close';
}

const defaults: Preferences = {
  theme: undefined,
  // An average over the last seven batches or so: calm, and not yet far behind a loss that falls fast.
  smoothing: 0.85,
  // What tells a good network from a very good one lies below 0.1: on a linear axis that is one line.
  lossView: 'loss-log',
  accuracyView: 'accuracy-close',
};

const key = 'mnist-monitor.preferences';

export function readPreferences(): Preferences {
  const kept = readKept();
  const oneOf = <T>(values: readonly T[], value: unknown, fallback: T): T =>
    values.find((known) => known === value) ?? fallback;
  const { smoothing } = kept;
  return {
    theme: oneOf(['light', 'dark', undefined] as const, kept.theme, undefined),
    smoothing:
      typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1 ? smoothing : defaults.smoothing,
    lossView: oneOf(['loss', 'loss-log'] as const, kept.lossView, defaults.lossView),
    accuracyView: oneOf(['accuracy', 'accuracy-close'] as const, kept.accuracyView, defaults.accuracyView),
  };
}

export function keepPreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(key, JSON.stringify(preferences));
  } catch {
    // Storage may be full or forbidden; the setting then holds until the page is left.
  }
}

function readKept(): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof kept === 'object' && kept !== null ? { ...kept } : {};
  } catch {
    return {};
  }
}
