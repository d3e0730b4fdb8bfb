import { html } from 'lit-html';
import type { Panel } from '../../ui/panel.ts';

/** The bar that steers a replay. `open-replay.ts`, which is loaded with the first replay, shows and updates it. */
export const replayPanel: Panel = {
  render: () => html`
    <aside class="replay-bar" id="replay-bar" aria-label="Replay" hidden>
      <button class="button" type="button" id="replay-play" aria-pressed="false">Play</button>
      <input type="range" id="replay-position" min="0" max="1" step="any" aria-label="Time within the run" />
      <output class="replay-time" id="replay-time" for="replay-position"></output>
      <label class="tool">
        <span>Speed</span>
        <select class="input" id="replay-speed">
          <option value="1">×1</option>
          <option value="2">×2</option>
          <option value="5">×5</option>
          <option value="10" selected>×10</option>
          <option value="30">×30</option>
          <option value="60">×60</option>
        </select>
      </label>
      <button class="button" type="button" id="replay-close">End replay</button>
    </aside>`,
};
