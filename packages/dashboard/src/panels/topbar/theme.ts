import { byId } from '../../ui/dom.ts';
import type { Preferences } from '../../ui/preferences.ts';

type Theme = Preferences['theme'];

const names = { system: 'as the system', light: 'light', dark: 'dark' };

/** The button that goes through system, light and dark; `changed` runs whenever the colours are others. */
export function createTheme(theme: Theme, changed: (theme: Theme) => void): { next(): void } {
  const button = byId('theme', HTMLButtonElement);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let current = theme;

  const show = (): void => {
    if (current) document.documentElement.dataset.theme = current;
    else delete document.documentElement.dataset.theme;
    button.setAttribute('aria-label', `Theme: ${names[current ?? 'system']}`);
    button.title = `Theme: ${names[current ?? 'system']}`;
  };

  const next = (): void => {
    // From the system's theme first to the other one: a click that changes nothing looks broken.
    const order: Theme[] = dark.matches ? [undefined, 'light', 'dark'] : [undefined, 'dark', 'light'];
    current = order[(order.indexOf(current) + 1) % order.length];
    show();
    changed(current);
  };
  button.addEventListener('click', next);
  dark.addEventListener('change', () => changed(current));
  show();
  return { next };
}
