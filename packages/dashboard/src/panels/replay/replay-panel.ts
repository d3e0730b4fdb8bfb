import { html } from 'lit-html';
import type { Replay, ReplayOptions } from '../../net/run-display.ts';
import type { PageActions, Panel } from '../../ui/panel.ts';
import type { ReplayBar } from './replay-bar.ts';
import './replay.css';

let bar: ReplayBar | undefined;

/** Reads all events of a run and plays them back. The bar that controls the replay is loaded with the first call. */
export async function openReplay(
  { runId, onChange, onEnd }: ReplayOptions,
  refresh: PageActions['refresh'],
): Promise<Replay> {
  const { ReplayBar, readEvents } = await import('./replay-bar.ts');
  bar = new ReplayBar(await readEvents(runId), {
    onChange,
    onEnd() {
      bar = undefined;
      onEnd();
      refresh();
    },
  });
  refresh();
  // `refresh` requested its frame first, so the bar is rendered before this callback.
  requestAnimationFrame(() => document.getElementById('replay-play')?.focus());
  return bar;
}

/** The bar that controls a replay, at the bottom of the page while there is one. */
export const replayPanel: Panel = {
  render: () => bar?.render() ?? html``,
};
