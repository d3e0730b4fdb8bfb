import { runFiles } from '@mnist-monitor/shared/browser';
import { modelAddress } from '../../net/api.ts';
import type { Run } from '../../state/run.ts';
import { digitImage, inkColor } from '../../ui/digit-image.ts';
import { byId, field, h, onChange, setText, styled } from '../../ui/dom.ts';
import { shortNames } from '../test-results/class-accuracy.ts';
import { DigitClassifier } from './digit-classifier.ts';
import { DrawingPad } from './drawing-pad.ts';
import { normalizeDigit } from './normalize-digit.ts';
import { type EpochPrediction, topPrediction, withPrediction } from './prediction-text.ts';

/** The weights for PyTorch: one file with everything that the forward pass needs. */
const untrained = 'The network is saved after its first epoch: then it reads what you draw.';

/** The open pad, with how the network reads what is drawn on it. */
export interface DrawPanel {
  render(run: Run | null): void;
  recolor(): void;
  focus(): void;
}

export function createDrawPanel(): DrawPanel {
  const note = field('draw-note');
  const pad = h('canvas', {
    class: 'pad',
    tabindex: 0,
    role: 'application',
    'aria-roledescription': 'drawing area',
    'aria-label': 'Your digit. Arrow keys move the pen, Space puts it down and lifts it, Delete clears.',
  }) as HTMLCanvasElement;
  const undo = h('button', { type: 'button', class: 'button' }, 'Undo');
  const clear = h('button', { type: 'button', class: 'button' }, 'Clear');
  const seen = h('div', { class: 'seen', title: 'What the network sees: centred and shrunk to 28 × 28' });
  const read = h('p', { class: 'drawn-read', role: 'status' });
  const bars = h('ul', { class: 'drawn-bars' });
  const history = h('ol', { class: 'drawn-history' });
  byId('draw-body', HTMLElement).replaceChildren(
    h('div', { class: 'pad-column' }, pad, h('p', { class: 'pad-buttons' }, undo, clear)),
    h('div', { class: 'drawn-words' }, h('div', { class: 'drawn-head' }, seen, read), bars, history),
  );

  const reader = new DigitClassifier();
  let classes: readonly string[] = [];
  let image: Float32Array | null = null;
  let readings: EpochPrediction[] = [];
  /** Epoch of the weights that the reader holds; null before the first. */
  let epoch: number | null = null;
  let reading = false;
  let again = false;

  /** Reads what is drawn; what changes meanwhile is read after it, however often it has changed. */
  const readNow = async (): Promise<void> => {
    again = reading;
    if (reading || epoch === null || !image) return;
    reading = true;
    const asked = { image, epoch };
    const { probabilities, milliseconds } = await reader.classify(image);
    reading = false;
    if (again) readNow();
    if (image === asked.image) show(probabilities, { epoch: asked.epoch, milliseconds });
  };
  const show = (probabilities: Float32Array | null, of?: { epoch: number; milliseconds: number }): void => {
    const ticks = shortNames(classes);
    const shown = probabilities && topPrediction(probabilities, classes);
    bars.replaceChildren(
      ...classes.map((name, label) => {
        const share = probabilities?.[label] ?? 0;
        const bar = styled(h('i'), { transform: `scaleX(${share.toFixed(3)})` });
        const percent = probabilities ? `${(share * 100).toFixed(share > 0.0995 ? 0 : 1)}\u00a0%` : '';
        return h(
          'li',
          { class: label === shown?.label && 'read' },
          h('span', { title: name }, ticks[label] ?? name),
          h('span', { class: 'meter-track', 'aria-hidden': 'true' }, bar),
          h('span', {}, percent),
        );
      }),
    );
    if (!shown || !of) {
      read.replaceChildren(epoch === null ? untrained : 'Draw a digit here.');
      history.replaceChildren();
      return;
    }
    read.replaceChildren(h('b', {}, shown.name), h('span', {}, ` ${shown.sure}`));
    readings = withPrediction(readings, { epoch: of.epoch, name: shown.name, sure: shown.sure });
    history.replaceChildren(
      ...(readings.length < 2 ? [] : readings).map((one) =>
        h('li', {}, `Epoch ${one.epoch}: `, h('b', {}, one.name), `, ${one.sure}`),
      ),
    );
    note.title = `Read in ${of.milliseconds.toFixed(0)} ms`;
  };

  const sketch = new DrawingPad(pad, () => {
    image = sketch.isEmpty ? null : normalizeDigit(sketch.pixels());
    readings = [];
    seen.replaceChildren(digitImage(image?.map((value) => value * 255) ?? [], inkColor()));
    if (image) readNow();
    else show(null);
  });
  undo.addEventListener('click', () => sketch.undo());
  clear.addEventListener('click', () => sketch.clear());
  new ResizeObserver(() => sketch.draw()).observe(pad);

  /** Fetches the weights as they are after an epoch. */
  const load = async (run: Run, of: number): Promise<void> => {
    try {
      const answer = await fetch(modelAddress(run.runId, runFiles.pytorchWeights), { cache: 'no-cache' });
      if (!answer.ok)
        throw new Error(
          answer.status === 404
            ? 'the run has no saved weights'
            : `the gateway answered with status ${answer.status}`,
        );
      await reader.load(run.started?.model.layers ?? [], await answer.arrayBuffer());
      epoch = of;
      setText(note, `Weights of epoch ${of}`);
    } catch (error) {
      setText(note, `The weights cannot be used: ${(error as Error).message}.`);
      return;
    }
    if (image) readNow();
    else show(null);
  };

  // The samples of an epoch come when its weights have been saved.
  const follow = onChange((run: Run | null, trained: number | undefined) => {
    if (!run || trained === undefined) {
      epoch = null;
      readings = [];
      setText(note, '');
      show(null);
    } else load(run, trained);
  });
  show(null);
  return {
    render(run) {
      classes = run?.started?.dataset.classes ?? [];
      follow(run, run?.samples.at(-1)?.epoch);
    },
    recolor() {
      sketch.draw();
      seen.replaceChildren(digitImage(image?.map((value) => value * 255) ?? [], inkColor()));
    },
    focus: () => pad.focus(),
  };
}
