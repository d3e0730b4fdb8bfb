import type { Theme } from './preferences.ts';

const darkSystem = matchMedia('(prefers-color-scheme: dark)');
const forcedColors = matchMedia('(forced-colors: active)');

/** Applies a theme to the page. */
export function applyTheme(theme: Theme): void {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

/** Returns the theme that the theme button switches to. */
export function nextTheme(theme: Theme): Theme {
  // The system's theme is followed by the opposite one: a click without a visible change looks broken.
  const order: Theme[] = darkSystem.matches ? [undefined, 'light', 'dark'] : [undefined, 'dark', 'light'];
  return order[(order.indexOf(theme) + 1) % order.length];
}

/** Runs `onChange` whenever the system switches between light and dark, or begins or stops to force its colours on pages. */
export function onSystemTheme(onChange: () => void): void {
  for (const setting of [darkSystem, forcedColors]) setting.addEventListener('change', onChange);
}
