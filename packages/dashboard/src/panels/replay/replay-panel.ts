import { html } from 'lit-html';
import type { Replay, ReplayOptions } from '../../net/run-display.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import type { ReplayBar } from './replay-bar.ts';
import './replay.css';

let bar: ReplayBar | undefined;

/** Reads all events of a run and plays them back. The bar that controls the replay is loaded with the first call. */
export async function openReplay(
  { runId, changed, ended }: ReplayOptions,
  refresh: PageActions['refresh'],
): Promise<Replay> {
  const { ReplayBar, readEvents } = await import('./replay-bar.ts');
  bar = new ReplayBar(await readEvents(runId), {
    changed,
    ended() {
      bar = undefined;
      ended();
      refresh();
    },
  });
  refresh();
  // Callbacks of a frame run in order: by then the bar is rendered.
  requestAnimationFrame(() => document.getElementById('replay-play')?.focus());
  return bar;
}

/** The bar that controls a replay, at the bottom of the page while there is one. */
export const replayPanel: Panel = {
  render: () => bar?.render() ?? html``,
};
