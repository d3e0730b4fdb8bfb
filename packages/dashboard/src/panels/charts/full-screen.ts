import { part } from '../../ui/dom.ts';

/** The full-screen mode of a chart. */
export interface FullScreen {
  readonly on: boolean;
  set(on: boolean): void;
}

/** Creates the full-screen mode; where the browser refuses the screen, the chart fills the page. */
export function createFullScreen(element: HTMLElement): FullScreen {
  const button = part(element, '[data-part="full"]');
  const full = {
    get on() {
      return element.classList.contains('full');
    },
    set(on: boolean) {
      element.classList.toggle('full', on);
      button.setAttribute('aria-pressed', String(on));
      if (on) element.requestFullscreen?.().catch(() => {});
      else if (document.fullscreenElement === element) document.exitFullscreen();
    },
  };
  button.addEventListener('click', () => full.set(!full.on));
  // In real full screen, the browser handles Escape itself.
  element.addEventListener('keydown', ({ key }) => key === 'Escape' && full.on && full.set(false));
  element.addEventListener('fullscreenchange', () => {
    if (document.fullscreenElement !== element) full.set(false);
  });
  return full;
}
