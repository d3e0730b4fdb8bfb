import { render, type TemplateResult } from 'lit-html';
import { oncePerFrame } from './frames.ts';
import { OnScreen } from './on-screen.ts';
import type { PageActions, PageState, Panel } from './panel.ts';
import { listenForPrint } from './print.ts';
import { onSystemTheme } from './theme.ts';

/** Time from a render to the next one while new data arrives: numbers that change more often cannot be read. */
const renderEveryMs = 100;
/** Time between the renders of two panels off screen: all of them are up to date within about a second. */
const offScreenTurnMs = 60;

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

/**
 * Renders the panels of a layout and lets them draw: after new data, after actions of the viewer, and for print. New data and moves
 * of the timeline render the panels on screen at once and the others in turn, so that no frame waits for what nobody sees.
 */
export class PageLoop {
  readonly #options: PageLoopOptions;
  /** The panels that have been rendered: after the first render, all panels of the layout. */
  readonly #panels = new Set<Panel>();
  #renderedAt = Number.NEGATIVE_INFINITY;
  #renderTimer: ReturnType<typeof setTimeout> | undefined;
  /** The panels off screen that have not been rendered since the last change, in the order of their turns. */
  readonly #waiting = new Set<Panel>();
  #turnTimer: ReturnType<typeof setTimeout> | undefined;
  /** The panels that the next frame renders in any case. */
  #requested: 'nothing' | 'on screen' | 'all' = 'nothing';
  readonly #onScreen = new OnScreen(() => this.refreshOnScreen());
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(options: PageLoopOptions) {
    this.#options = options;
    onSystemTheme(() => this.recolor());
    listenForPrint(() => {
      const state = options.state(true);
      // Print shows more charts than the screen. The first render creates them, and the second one adds the texts about what was
      // drawn.
      this.#renderAll(state);
      this.#draw(state);
      this.#renderAll(state);
      this.recolor();
    });
  }

  /** Renders the panels on screen now, and the others in turn. */
  render(): void {
    this.#renderOnScreen(this.#options.state(false));
  }

  /** Requests a frame that draws new data. The panels are rendered with it, or when the last render is `renderEveryMs` ago. */
  readonly requestFrame = oncePerFrame(() => {
    const state = this.#options.state(false);
    const drawEveryMs = this.#options.drawEveryMs?.() ?? 0;
    if (performance.now() - this.#drawnAt >= drawEveryMs) this.#draw(state);
    else this.requestFrame();
    if (this.#requested === 'all') this.#renderAll(state);
    else if (this.#requested === 'on screen') this.#renderOnScreen(state);
    else this.#requestRender();
  });

  /** Requests a frame that renders all panels. */
  refresh(): void {
    this.#requested = 'all';
    this.requestFrame();
  }

  /** Requests a frame that renders the panels on screen. */
  refreshOnScreen(): void {
    if (this.#requested === 'nothing') this.#requested = 'on screen';
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

  #renderAll(state: PageState): void {
    this.#requested = 'nothing';
    this.#renderedAt = performance.now();
    this.#waiting.clear();
    this.#render(state, () => true);
  }

  #renderOnScreen(state: PageState): void {
    if (this.#requested === 'on screen') this.#requested = 'nothing';
    this.#renderedAt = performance.now();
    // A hidden page has few turns. Only its title is seen, whose panel may be off screen.
    if (document.hidden) return this.#renderAll(state);
    this.#render(state, (panel, isOnScreen) => {
      if (isOnScreen) this.#waiting.delete(panel);
      else this.#waiting.add(panel);
      return isOnScreen;
    });
    this.#scheduleTurn();
  }

  /** Schedules the render of the panel off screen that has waited longest. */
  #scheduleTurn(): void {
    if (this.#waiting.size === 0) return;
    this.#turnTimer ??= setTimeout(() => {
      this.#turnTimer = undefined;
      const [next] = this.#waiting;
      if (!next) return;
      this.#waiting.delete(next);
      this.#render(this.#options.state(false), (panel) => panel === next);
      this.#scheduleTurn();
    }, offScreenTurnMs);
  }

  /** @param isDue Returns whether a panel is rendered; the others stay as they are. */
  #render(state: PageState, isDue: (panel: Panel, isOnScreen: boolean) => boolean): void {
    const show = (panel: Panel): unknown => {
      this.#panels.add(panel);
      return this.#onScreen.content(
        () => panel.render(state, this.#options.actions),
        (isOnScreen) => isDue(panel, isOnScreen),
      );
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
