import { html } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { formatPlural } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import { styled } from '../../ui/styled.ts';
import { epochMarks, playedPosition, type StepRange, stepRange, timelineText } from './timeline-text.ts';
import './timeline.css';

/** Choices for the time in seconds in which the whole run is played. */
const durations = [10, 30, 60, 180];
/** The chosen duration. */
let seconds = 30;

/** The player; undefined while it is paused. */
let player: { position: number; frameTime: number; request: number } | undefined;
/** The timeline on display, and the actions of the page. */
let shown: { range: StepRange; step: number | null; actions: PageActions } | undefined;

const marksOf = memoizeLast(
  (epochs: Parameters<typeof epochMarks>[0]['epochs'], first: number, last: number) =>
    epochMarks({ epochs }, { first, last }),
);

/**
 * The timeline, at the lower edge of the page. Its end is now; at any other step, the charts' cursor and all panels about a moment
 * of the run show that step.
 */
export const timelinePanel: Panel = {
  render({ run, runAtStep, savedAt }, actions) {
    const range = run && stepRange(run);
    if (!run || !runAtStep || !range) return html``;
    const { step } = runAtStep;
    shown = { range, step, actions };
    // The end of a run that was saved as a file is not now.
    const end = savedAt === null ? 'Now' : 'End';
    const text = timelineText(run, step, end);
    return html`
      <aside class="timeline" id="timeline" aria-label="Timeline" data-now=${step === null}>
        <button class="button" type="button" id="timeline-play" title="Play the run from here (k)" @click=${toggle}>
          ${player ? 'Pause' : 'Play'}
        </button>
        <div class="timeline-track">
          <input
            type="range" id="timeline-position" min=${range.first} max=${range.last} step="1" aria-label="Moment of the run"
            aria-valuetext=${text} .value=${live(String(step ?? range.last))} @input=${move}
          />
          <div class="timeline-epochs" aria-hidden="true">
            ${marksOf(run.epochs, range.first, range.last).map((share) => html`<i ${styled({ '--at': String(share) })}></i>`)}
          </div>
        </div>
        <output class="timeline-text" id="timeline-text" for="timeline-position">${text}</output>
        <button class="button" type="button" id="timeline-now" ?disabled=${step === null} @click=${toNow}>${end}</button>
        <label class="tool timeline-speed">
          <span>Whole run in</span>
          <select class="input" id="timeline-duration" @change=${changeDuration}>
            ${durations.map((duration) => html`<option value=${duration} ?selected=${duration === seconds}>${formatDuration(duration)}</option>`)}
          </select>
        </label>
      </aside>`;
  },
};

const formatDuration = (duration: number): string =>
  duration < 60 ? `${duration} s` : formatPlural(duration / 60, 'minute', 'minutes');

function move({ target }: Event): void {
  pause();
  show((target as HTMLInputElement).valueAsNumber);
}

function toNow(): void {
  pause();
  shown?.actions.changeView({ step: null });
}

/** Moves the page to a step, or to now at the end of the run. */
function show(step: number): void {
  if (!shown) return;
  const next = step >= shown.range.last ? null : Math.round(step);
  if (next !== shown.step) shown.actions.changeView({ step: next });
}

function changeDuration({ target }: Event): void {
  seconds = Number((target as HTMLSelectElement).value);
}

function toggle(): void {
  if (player) pause();
  else if (shown) {
    // At the end of the timeline, Play starts at the beginning of the run.
    player = { position: shown.step ?? shown.range.first, frameTime: performance.now(), request: 0 };
    playFrame(player.frameTime);
  }
  shown?.actions.refresh();
}

function pause(): void {
  if (player) cancelAnimationFrame(player.request);
  player = undefined;
}

function playFrame(now: number): void {
  if (!player || !shown) return;
  const { range } = shown;
  player.position = playedPosition(player.position, Math.max(0, now - player.frameTime), { range, seconds });
  player.frameTime = now;
  if (player.position >= range.last) pause();
  show(player?.position ?? range.last);
  if (player) player.request = requestAnimationFrame(playFrame);
}
