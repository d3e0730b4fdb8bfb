/** The full-screen mode of an element. Where the browser does not allow it, the element fills the page instead. */
export class FullScreen {
  readonly #element: HTMLElement;
  readonly #onChange: () => void;

  constructor(element: HTMLElement, onChange: () => void) {
    this.#element = element;
    this.#onChange = onChange;
    // For an element that only fills the page: in native full screen, the browser handles Escape itself.
    element.addEventListener('keydown', ({ key }) => key === 'Escape' && this.isOn && this.set(false));
    element.addEventListener('fullscreenchange', () => {
      if (document.fullscreenElement !== element) this.set(false);
    });
  }

  get isOn(): boolean {
    return this.#element.classList.contains('full');
  }

  set(on: boolean): void {
    this.#element.classList.toggle('full', on);
    if (on) this.#element.requestFullscreen?.().catch(() => {});
    else if (document.fullscreenElement === this.#element) document.exitFullscreen();
    this.#onChange();
  }
}
