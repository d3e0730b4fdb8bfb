import { html, nothing } from 'lit-html';
import { awaitsEverything, drawnThing } from '../../state/run-words.ts';
import { info } from '../../ui/info.ts';
import { onDemandDialog } from '../../ui/on-demand.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import type { DrawingBoard } from './drawing-board.ts';
import './draw.css';

let board: DrawingBoard | undefined;

const loadBoard = onDemandDialog('Draw', () => import('./drawing-board.ts'));

/** Opens the drawing board, which is loaded with the first call, and focuses its pad. */
export async function openDrawingBoard({
  refresh,
  examine,
}: Pick<PageActions, 'refresh' | 'examine'>): Promise<void> {
  const code = await loadBoard();
  if (!code) return;
  board ??= new code.DrawingBoard({ refresh, examine });
  refresh();
  // `refresh` requested its frame first, so the board is rendered before this callback.
  requestAnimationFrame(() => {
    document.getElementById('draw')?.scrollIntoView({ block: 'nearest' });
    board?.focus();
  });
}

/** A card in which the viewer draws a digit, a character or a picture for the network of the run. */
export const drawPanel: Panel = {
  // For runs like those of this project's trainer: the networks of other publishers may not be computable on the page.
  render: ({ session: { run }, runAtStep }, { openDraw }) =>
    !awaitsEverything(run)
      ? html``
      : html`
    <section class="card draw" id="draw" aria-labelledby="draw-title">
      <div class="card-head">
        <h2 id="draw-title">Draw ${drawnThing(run)}</h2>${info('draw', 'Draw')}
        <p class="card-note" data-field="draw-note" title=${board?.durationText ?? nothing}>${board?.note}</p>
      </div>
      ${
        board
          ? html`<div class="draw-body">${board.render(run, runAtStep?.step ?? null)}</div>`
          : html`
            <div class="draw-closed">
              <p>Draw with the mouse or a finger. The network of this run reads your drawing as you draw, in your browser.</p>
              <button class="button primary" type="button" id="draw-open" @click=${openDraw}>Draw</button>
            </div>`
      }
    </section>`,
  recolor: () => board?.recolor(),
};
