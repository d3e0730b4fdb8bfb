import { connectLive, type MonitorEvent } from '@mnist-monitor/shared/browser';
import { html, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import { liveUrl } from '../../net/api.ts';
import type { Replay, ReplayOptions } from '../../net/run-display.ts';
import { formatClock } from '../../state/format.ts';
import type { Run } from '../../state/run.ts';
import { Player } from './player.ts';

/** Choices for the speed, as multiples of real time. */
const speeds = [1, 2, 5, 10, 30, 60];

/** A replay of a run, with a bar to control it. */
export class ReplayBar implements Replay {
  readonly #player: Player;
  readonly #options: Pick<ReplayOptions, 'onChange' | 'onEnd'>;
  #isPlaying = false;
  #speed = 10;
  #frameRequest = 0;
  /** Time of the last frame, in milliseconds of `performance.now()`. */
  #frameTime = 0;

  /** Starts to play at once. */
  constructor(events: readonly MonitorEvent[], options: Pick<ReplayOptions, 'onChange' | 'onEnd'>) {
    this.#player = new Player(events);
    this.#options = options;
    this.#setPlaying(true);
  }

  get run(): Run {
    return this.#player.run;
  }

  close(): void {
    cancelAnimationFrame(this.#frameRequest);
    this.#options.onEnd();
  }

  render(): TemplateResult {
    const { position, duration, ended } = this.#player;
    const end = Math.ceil(duration);
    const time = `${formatClock(ended ? end : Math.floor(position))} of ${formatClock(end)}`;
    return html`
      <aside class="replay-bar" id="replay-bar" aria-label="Replay">
        <button class="button" type="button" id="replay-play" @click=${() => this.#setPlaying(!this.#isPlaying)}>
          ${this.#isPlaying ? 'Pause' : ended ? 'Play again' : 'Play'}
        </button>
        <input
          type="range" id="replay-position" min="0" max=${duration} step="any" aria-label="Time within the run"
          aria-valuetext=${time} .value=${live(String(position))} @input=${(event: Event) => this.#seek(event)}
        />
        <output class="replay-time" id="replay-time" for="replay-position">${time}</output>
        <label class="tool">
          <span>Speed</span>
          <select class="input" id="replay-speed" @change=${(event: Event) => this.#setSpeed(event)}>
            ${speeds.map((speed) => html`<option value=${speed} ?selected=${speed === this.#speed}>×${speed}</option>`)}
          </select>
        </label>
        <button class="button" type="button" id="replay-close" @click=${() => this.close()}>End replay</button>
      </aside>`;
  }

  #seek({ target }: Event): void {
    this.#player.seek((target as HTMLInputElement).valueAsNumber);
    this.#options.onChange();
  }

  #setSpeed({ target }: Event): void {
    this.#speed = Number((target as HTMLSelectElement).value);
  }

  #setPlaying(playing: boolean): void {
    this.#isPlaying = playing;
    cancelAnimationFrame(this.#frameRequest);
    if (playing) {
      if (this.#player.ended) this.#player.seek(0);
      this.#frameTime = performance.now();
      this.#requestStep();
    }
    this.#options.onChange();
  }

  #requestStep(): void {
    this.#frameRequest = requestAnimationFrame((now) => this.#step(now));
  }

  #step(now: number): void {
    this.#player.seek(this.#player.position + ((now - this.#frameTime) / 1_000) * this.#speed);
    this.#frameTime = now;
    this.#isPlaying = !this.#player.ended;
    if (this.#isPlaying) this.#requestStep();
    this.#options.onChange();
  }
}

/** Reads every event of a run, over a connection of its own. Rejects when the run cannot be read. */
export function readEvents(run: string): Promise<MonitorEvent[]> {
  const events: MonitorEvent[] = [];
  return new Promise((resolve, reject) => {
    const client = connectLive({
      ...{ url: liveUrl(), run },
      onEvent: (event) => events.push(event),
      onLive: () => {
        resolve(events);
        client.close();
      },
      onState: (state) => {
        if (state.name === 'closed') reject(new Error(`the run cannot be read: ${state.reason}`));
      },
    });
  });
}
