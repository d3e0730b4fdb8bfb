import { connectLive, type MonitorEvent } from '@mnist-monitor/shared/browser';
import { liveUrl } from '../../net/connection.ts';
import type { Replay, ReplayOptions } from '../../net/stage.ts';
import { formatClock } from '../../state/format.ts';
import { byId, setText } from '../../ui/dom.ts';
import { Player } from './player.ts';

/** Reads a finished run once more and plays it back, with a bar to steer it. */
export async function openReplay({ runId, changed, ended }: ReplayOptions): Promise<Replay> {
  const bar = byId('replay-bar', HTMLElement);
  const play = byId('replay-play', HTMLButtonElement);
  const position = byId('replay-position', HTMLInputElement);
  const time = byId('replay-time', HTMLElement);
  const speed = byId('replay-speed', HTMLSelectElement);
  const leave = byId('replay-close', HTMLButtonElement);

  const player = new Player(await eventsOf(runId));
  const listening = new AbortController();
  const { signal } = listening;
  let playing = false;
  let frame = 0;
  let before = 0;

  const end = Math.ceil(player.duration);
  const show = (): void => {
    position.valueAsNumber = player.position;
    const reached = player.ended ? end : Math.floor(player.position);
    const text = `${formatClock(reached)} of ${formatClock(end)}`;
    setText(time, text);
    position.setAttribute('aria-valuetext', text);
    setText(play, playing ? 'Hold' : player.ended ? 'Again' : 'Play');
    changed();
  };
  const step = (now: number): void => {
    player.seek(player.position + ((now - before) / 1_000) * Number(speed.value));
    before = now;
    if (player.ended) playing = false;
    if (playing) frame = requestAnimationFrame(step);
    show();
  };
  const setPlaying = (next: boolean): void => {
    playing = next;
    cancelAnimationFrame(frame);
    if (playing && player.ended) player.seek(0);
    before = performance.now();
    if (playing) frame = requestAnimationFrame(step);
    show();
  };
  play.addEventListener('click', () => setPlaying(!playing), { signal });
  position.addEventListener(
    'input',
    () => {
      player.seek(position.valueAsNumber);
      show();
    },
    { signal },
  );
  const close = (): void => {
    cancelAnimationFrame(frame);
    listening.abort();
    bar.hidden = true;
    document.body.classList.remove('replaying');
    ended();
  };
  leave.addEventListener('click', close, { signal });

  position.max = String(player.duration);
  bar.hidden = false;
  document.body.classList.add('replaying');
  setPlaying(true);
  play.focus();
  return {
    get run() {
      return player.run;
    },
    close,
  };
}

/** Every event of a run, over a connection of its own. */
function eventsOf(run: string): Promise<MonitorEvent[]> {
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
