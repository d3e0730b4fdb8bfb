import { part } from '../../ui/dom.ts';

/** The full screen of a chart. */
export interface FullScreen {
  readonly on: boolean;
  set(on: boolean): void;
}

/** Where the browser does not give the screen, filling the page will do. */
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
  // A browser that gives its screen takes it back with Escape by itself.
  element.addEventListener('keydown', ({ key }) => key === 'Escape' && full.on && full.set(false));
  element.addEventListener('fullscreenchange', () => {
    if (document.fullscreenElement !== element) full.set(false);
  });
  return full;
}
