import { html } from 'lit-html';
import type { Run } from '../../state/run.ts';
import type { Panel } from '../../ui/panel.ts';
import type { DrawPanel } from './draw-body.ts';

let pad: DrawPanel | undefined;
let shown: Run | null = null;

/** Opens the drawing pad, and focuses it. */
export async function openDrawingPad(): Promise<void> {
  const { createDrawPanel } = await import('./draw-body.ts');
  const section = document.getElementById('draw') as HTMLElement;
  for (const id of ['draw-closed', 'draw-body'])
    (document.getElementById(id) as HTMLElement).hidden = id === 'draw-closed';
  pad ??= createDrawPanel();
  pad.render(shown);
  section.scrollIntoView({ block: 'nearest' });
  pad.focus();
}

/** A card that opens the drawing pad, which is loaded then. */
export const drawPanel: Panel = {
  render: (_state, { openDraw }) => html`
      <section class="card draw" id="draw" aria-labelledby="draw-title">
        <div class="card-head">
          <h2 id="draw-title">Draw a digit</h2>
          <p class="card-note" data-field="draw-note"></p>
        </div>
        <div class="draw-closed" id="draw-closed">
          <p>Draw with the mouse or a finger, and the network of this run reads it as you go, here in your browser.</p>
          <button class="button primary" type="button" id="draw-open" @click=${openDraw}>Draw</button>
        </div>
        <div class="draw-body" id="draw-body" hidden></div>
      </section>`,
  draw({ live }) {
    shown = live.run;
    pad?.render(live.run);
  },
  recolor: () => pad?.recolor(),
};
