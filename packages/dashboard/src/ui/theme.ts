import type { Theme } from './preferences.ts';

const darkSystem = matchMedia('(prefers-color-scheme: dark)');

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

/** Runs `onChange` whenever the system switches between light and dark. */
export function onSystemTheme(onChange: () => void): void {
  darkSystem.addEventListener('change', onChange);
}
