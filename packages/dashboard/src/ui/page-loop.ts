import { render, type TemplateResult } from 'lit-html';
import { oncePerFrame } from './frames.ts';
import type { PageActions, PageState, Panel } from './panel.ts';
import { listenForPrint } from './print.ts';
import { onSystemTheme } from './theme.ts';

/** Time from a render to the next one while new data arrives: numbers that change more often cannot be read. */
const renderEveryMs = 100;

export interface PageLoopOptions {
  /** Returns the template of the page. `show` returns the template of a panel. */
  layout(show: (panel: Panel) => unknown): TemplateResult;
  state(printing: boolean): PageState;
  actions: PageActions;
  /** Minimum time between two drawings, in milliseconds; 0 draws each frame that has new data. */
  drawEveryMs?(): number;
  /** Called after the panels were rendered. */
  onRender?(): void;
  /** Called after the panels have drawn. */
  onDraw?(): void;
}

/** Renders the panels of a layout and lets them draw: after new data, after actions of the viewer, and for print. */
export class PageLoop {
  readonly #options: PageLoopOptions;
  /** The panels that have been rendered: after the first render, all panels of the layout. */
  readonly #panels = new Set<Panel>();
  #renderedAt = Number.NEGATIVE_INFINITY;
  #renderTimer: ReturnType<typeof setTimeout> | undefined;
  #isRefreshRequested = false;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(options: PageLoopOptions) {
    this.#options = options;
    onSystemTheme(() => this.recolor());
    listenForPrint(() => {
      const state = options.state(true);
      // Print shows more charts than the screen. The first render creates them, and the second one adds the texts about what was
      // drawn.
      this.#render(state);
      this.#draw(state);
      this.#render(state);
      this.recolor();
    });
  }

  /** Renders the panels now. */
  render(): void {
    this.#render(this.#options.state(false));
  }

  /** Requests a frame that draws new data. The panels are rendered with it, or when the last render is `renderEveryMs` ago. */
  readonly requestFrame = oncePerFrame(() => {
    const state = this.#options.state(false);
    const drawEveryMs = this.#options.drawEveryMs?.() ?? 0;
    if (performance.now() - this.#drawnAt >= drawEveryMs) this.#draw(state);
    else this.requestFrame();
    if (this.#isRefreshRequested) this.#render(state);
    else this.#requestRender();
  });

  /** Requests a frame that renders the panels. */
  refresh(): void {
    this.#isRefreshRequested = true;
    this.requestFrame();
  }

  /** Draws the panels again after the page's colours have changed. */
  recolor(): void {
    for (const panel of this.#panels) panel.recolor?.();
  }

  /** Schedules a render. It runs in a timer, because an animation frame that draws the charts has no time left for it. */
  #requestRender(): void {
    if (this.#renderTimer !== undefined) return;
    const waitMs = this.#renderedAt + renderEveryMs - performance.now();
    this.#renderTimer = setTimeout(() => {
      this.#renderTimer = undefined;
      this.render();
    }, waitMs);
  }

  #render(state: PageState): void {
    this.#renderedAt = performance.now();
    this.#isRefreshRequested = false;
    const show = (panel: Panel): unknown => {
      this.#panels.add(panel);
      return panel.render(state, this.#options.actions);
    };
    render(this.#options.layout(show), document.body);
    this.#options.onRender?.();
  }

  #draw(state: PageState): void {
    this.#drawnAt = performance.now();
    for (const panel of this.#panels) panel.draw?.(state, this.#options.actions);
    this.#options.onDraw?.();
  }
}
