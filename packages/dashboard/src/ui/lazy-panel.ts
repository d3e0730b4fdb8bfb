import { html } from 'lit-html';
import { lazyPart } from './lazy-part.ts';
import type { PageState, Panel } from './panel.ts';

/**
 * Creates a panel whose code is loaded when a run first needs the panel, so that a first visit does not load the code.
 * @param isNeeded Returns whether a run has something to show in the panel; otherwise the panel is left out.
 */
export function lazyPanel(isNeeded: (state: PageState) => boolean, load: () => Promise<Panel>): Panel {
  let panel: Panel | undefined;
  let refresh = (): void => {};
  const loaded = lazyPart(load, () => refresh());
  return {
    render(state, actions) {
      if (!isNeeded(state)) return html``;
      refresh = actions.refresh;
      panel = loaded();
      return panel?.render(state, actions) ?? html``;
    },
    draw: (state, actions) => panel?.draw?.(state, actions),
    recolor: () => panel?.recolor?.(),
  };
}
