import { html, nothing, type TemplateResult } from 'lit-html';
import { networkClient, type Prediction } from '../../network/network-client.ts';
import { type RunWeights, weightsAt } from '../../network/run-weights.ts';
import { shortClassNames } from '../../state/format.ts';
import { probabilityFigure } from '../../state/probability.ts';
import type { Run } from '../../state/run.ts';
import { drawnThing } from '../../state/run-words.ts';
import type { PageActions } from '../../ui/panel.ts';
import { pixelImage, recolorImages } from '../../ui/pixel-image.ts';
import { styled } from '../../ui/styled.ts';
import { DrawingPad } from './drawing-pad.ts';
import { normalizeDigit } from './normalize-digit.ts';
import {
  type EpochPrediction,
  type TopPrediction,
  topPrediction,
  withPrediction,
} from './prediction-text.ts';

const untrainedText = 'Weights are saved after the first epoch. Then the network reads what you draw.';
const noPixels = new Uint8ClampedArray();

/**
 * The drawing pad with the network's prediction for the drawing and, in a run without snapshots, the predictions of the epochs
 * before.
 */
export class DrawingBoard {
  /** The name of the weights, or why they cannot be used or the drawing cannot be read; empty before any are loaded. */
  note = '';
  readonly #actions: Pick<PageActions, 'refresh' | 'examine'>;
  readonly #canvas = document.createElement('canvas');
  readonly #pad: DrawingPad;
  #run: Run | null = null;
  /** The weights that read the drawing; undefined while there are none. */
  #weights: RunWeights | undefined;
  /** The drawing as the network receives it, with values from 0 to 1; null while the pad is empty. */
  #image: Float32Array | null = null;
  /** The image with values from 0 to 255, for display. */
  #pixels: ArrayLike<number> = noPixels;
  #prediction: Prediction | null = null;
  #history: readonly EpochPrediction[] = [];
  #isClassifying = false;
  /** Whether the drawing or the weights have changed since the last classification began. */
  #isOutdated = false;

  constructor(actions: Pick<PageActions, 'refresh' | 'examine'>) {
    this.#actions = actions;
    const attributes = {
      class: 'pad',
      tabindex: '0',
      role: 'application',
      'aria-roledescription': 'drawing area',
      'aria-label': 'Your drawing. Arrow keys move the pen, Space lowers and lifts it, Delete clears.',
    };
    for (const [name, value] of Object.entries(attributes)) this.#canvas.setAttribute(name, value);
    this.#pad = new DrawingPad(this.#canvas, () => this.#drawingChanged());
    new ResizeObserver(() => this.#pad.draw()).observe(this.#canvas);
  }

  /** Text of the duration of the last classification; undefined before the first. */
  get durationText(): string | undefined {
    return this.#prediction ? `Read in ${this.#prediction.milliseconds.toFixed(0)} ms` : undefined;
  }

  /** Renders the board for a run. Loads the weights nearest to `step`, or the latest ones if `step` is null. */
  render(run: Run | null, step: number | null): TemplateResult {
    this.#followRun(run, step);
    const classes = run?.started?.dataset?.classes ?? [];
    const top = this.#prediction && topPrediction(this.#prediction.probabilities, classes);
    return html`
      <div class="pad-column">
        ${this.#canvas}
        <p class="pad-buttons">
          <button type="button" class="button" @click=${() => this.#pad.undo()}>Undo</button>
          <button type="button" class="button" @click=${() => this.#pad.clear()}>Clear</button>
        </p>
      </div>
      <div class="drawn-words">
        <div class="drawn-head">
          <div class="seen" title="The network's input: centred, and scaled to 28 × 28">
            <canvas aria-hidden="true" ${pixelImage(this.#pixels)}></canvas>
          </div>
          <p class="drawn-read" role="status">${this.#predictionText(top)}</p>
        </div>
        <ul class="drawn-bars">${this.#bars(classes, top)}</ul>
        <ol class="drawn-history">${this.#history.length < 2 ? nothing : this.#history.map(historyItem)}</ol>
      </div>`;
  }

  /** Draws again after the page's colours have changed. */
  recolor(): void {
    this.#pad.draw();
    const card = this.#canvas.closest('section');
    if (card) recolorImages(card);
  }

  focus(): void {
    this.#canvas.focus();
  }

  #predictionText(top: TopPrediction | null): string | TemplateResult {
    if (top)
      return html`<b>${top.name}</b><span> ${top.confidence}</span>${top.second ? html`<br /><span class="drawn-second">or else ${top.second}</span>` : nothing}`;
    return this.#weights ? 'Draw here.' : untrainedText;
  }

  #bars(classes: readonly string[], top: TopPrediction | null): TemplateResult[] {
    const names = shortClassNames(classes);
    return classes.map((name, label) => {
      const probability = this.#prediction?.probabilities[label] ?? 0;
      return html`
        <li class=${label === top?.label ? 'predicted' : nothing}>
          <span title=${name}>${names[label]}</span>
          <span class="meter-track" aria-hidden="true">
            <i ${styled({ transform: `scaleX(${probability.toFixed(3)})` })}></i>
          </span>
          <span>${this.#prediction ? probabilityFigure(probability) : ''}</span>
        </li>`;
    });
  }

  #drawingChanged(): void {
    this.#image = this.#pad.isEmpty ? null : normalizeDigit(this.#pad.pixels());
    this.#pixels = this.#image?.map((value) => value * 255) ?? noPixels;
    this.#history = [];
    if (this.#image) this.#classify();
    else this.#prediction = null;
    const title = `Your drawing of ${drawnThing(this.#run)}`;
    this.#actions.examine(this.#image && { title, image: this.#image, label: null, index: null });
  }

  #followRun(run: Run | null, step: number | null): void {
    const weights = run ? weightsAt(run, step) : undefined;
    if (run === this.#run && weights?.key === this.#weights?.key) return;
    if (run !== this.#run) this.#history = [];
    this.#run = run;
    this.#weights = weights;
    if (weights) this.#loadWeights(weights);
    else {
      this.#prediction = null;
      this.note = '';
    }
  }

  async #loadWeights(weights: RunWeights): Promise<void> {
    const isLatest = (): boolean => weights === this.#weights;
    try {
      await networkClient().load(weights);
      if (!isLatest()) return;
      this.note = `Weights of ${weights.name}`;
      if (this.#image) this.#classify();
      else this.#prediction = null;
    } catch (error) {
      if (!isLatest()) return;
      this.note = `The weights cannot be used: ${(error as Error).message}.`;
    }
    this.#actions.refresh();
  }

  /** Classifies the drawing, and again afterwards if the drawing or the weights have changed in the meantime. */
  async #classify(): Promise<void> {
    this.#isOutdated = true;
    if (this.#isClassifying) return;
    this.#isClassifying = true;
    while (this.#isOutdated) {
      this.#isOutdated = false;
      const [image, weights] = [this.#image, this.#weights];
      if (!image || !weights) break;
      try {
        const prediction = await networkClient().predict(weights, image);
        if (image === this.#image) this.#addPrediction(prediction, weights);
      } catch (error) {
        this.note = `The drawing cannot be read: ${(error as Error).message}.`;
        this.#actions.refresh();
      }
    }
    this.#isClassifying = false;
  }

  #addPrediction(prediction: Prediction, { epoch }: RunWeights): void {
    const { name, confidence } = topPrediction(
      prediction.probabilities,
      this.#run?.started?.dataset?.classes ?? [],
    );
    this.#prediction = prediction;
    // In a run with snapshots, the panel `examine` shows how each of them reads the drawing.
    if (epoch !== undefined) this.#history = withPrediction(this.#history, { epoch, name, confidence });
    this.#actions.refresh();
  }
}

const historyItem = ({ epoch, name, confidence }: EpochPrediction): TemplateResult =>
  html`<li>Epoch ${epoch}: <b>${name}</b>, ${confidence}</li>`;
