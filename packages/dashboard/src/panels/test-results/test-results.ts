import type { EpochData, SamplesData } from '@mnist-monitor/shared/browser';
import type { Run } from '../../state/run.ts';
import { byId, onChange, setText } from '../../ui/dom.ts';
import { createConfusion } from './confusion-panel.ts';
import { createSamples } from './samples-panel.ts';

/** What an epoch has brought on the test images: matrix, classes and samples, of the latest or of one that is chosen. */
export interface Results {
  render(run: Run | null): void;
  recolor(): void;
}

export function createResults(redraw: () => void): Results {
  const confusion = createConfusion();
  const grid = createSamples();
  const tool = byId('epoch-tool', HTMLElement);
  const slider = byId('epoch-slider', HTMLInputElement);
  const value = byId('epoch-value', HTMLElement);
  /** Number of the epoch that is chosen; null follows the latest. */
  let chosen: number | null = null;

  slider.addEventListener('input', () => {
    chosen = slider.valueAsNumber >= Number(slider.max) ? null : slider.valueAsNumber;
    redraw();
  });
  const forget = onChange((_runId: string | undefined) => {
    chosen = null;
  });

  const show = onChange(
    (
      epochs: readonly EpochData[],
      all: readonly SamplesData[],
      classes: readonly string[],
      at: number | null,
    ) => {
      const last = epochs.length;
      const shown = at === null ? epochs : epochs.filter(({ epoch }) => epoch <= at);
      const epoch = shown.at(-1)?.epoch;
      const samples = (at === null ? all.at(-1) : all.find((of) => of.epoch === epoch)) ?? null;
      tool.hidden = last < 2;
      slider.max = String(epochs.at(-1)?.epoch ?? 1);
      slider.min = String(epochs[0]?.epoch ?? 1);
      slider.valueAsNumber = epoch ?? 1;
      setText(value, at === null ? 'latest' : String(at));
      confusion.render({ epochs: shown, classes, samples });
      grid.render(samples, classes);
    },
  );
  return {
    render(run) {
      forget(run?.runId);
      show(run?.epochs ?? none, run?.samples ?? none, run?.started?.dataset.classes ?? none, chosen);
    },
    recolor() {
      confusion.recolor();
      grid.recolor();
    },
  };
}

const none: readonly never[] = [];
