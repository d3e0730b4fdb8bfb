import { html, nothing, type TemplateResult } from 'lit-html';
import { arrayUrl } from '../../net/api.ts';
import { canExamineProbe, examinedTestImage } from '../../state/examined-image.ts';
import { capitalize, formatCount, formatPercent, shortClassNames } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import type { Probe } from '../../state/probe.ts';
import type { Run } from '../../state/run.ts';
import { stepWordOf } from '../../state/run-words.ts';
import { announce } from '../../ui/announcer.ts';
import { info } from '../../ui/info.ts';
import type { Panel } from '../../ui/panel.ts';
import { pixelImage, recolorImages } from '../../ui/pixel-image.ts';
import { pointerText } from '../../ui/touch.ts';
import { ProbeCanvas } from './probe-canvas.ts';
import { type ProbeAnswer, type ProbeClass, probeAnswers, probeClasses } from './probe-results.ts';
import './probe.css';

const noClasses: readonly string[] = [];
let canvas: ProbeCanvas | undefined;
/** Position in the probe set of the image that the pointer or the keyboard has selected; null without one. */
let selected: number | null = null;

/** The images and the names of the classes on display, and whether the page can show the images inside the network. */
let shown: { images: Probe['images']; classes: readonly string[]; canExamine: boolean } | undefined;
const names = (): readonly string[] => shown?.classes ?? noClasses;

const answersOf = memoizeLast(probeAnswers);
const classesOf = memoizeLast(probeClasses);
const contentOf = memoizeLast(
  (probe: Probe, answers: readonly ProbeAnswer[], classes: readonly string[]) => ({
    ...{ probe, answers },
    names: shortClassNames(classes),
  }),
);

/** Fixed test images in the space of the network's logits: the classes drift apart while the network learns. */
export const probePanel: Panel = {
  render({ run, runAtStep, savedAt }, { refresh, lookInside }) {
    const probe = runAtStep?.probe;
    if (!run || !probe) return html``;
    const answers = answersOf(probe);
    const classes = run.started?.dataset?.classes ?? noClasses;
    canvas ??= new ProbeCanvas(
      (answer) => {
        selected = answer?.position ?? null;
        if (answer) announce(sentence(answer, names()), 'probe');
        refresh();
      },
      ({ position }) => {
        const image = shown?.images[position];
        if (!image || !shown?.canExamine) return;
        const examined = examinedTestImage(image, names());
        if (examined) lookInside(examined);
      },
    );
    const canExamine = canExamineProbe(run);
    shown = { images: probe.images, classes, canExamine };
    canvas.element.ariaLabel = canvasLabel(canExamine);
    canvas.show(contentOf(probe, answers, classes));
    const answer = answers.find(({ position }) => position === selected);
    return html`
      <section class="card probe" id="probe" aria-labelledby="probe-title">
        <div class="card-head">
          <h2 id="probe-title">${formatCount(probe.images.filter(Boolean).length)} test images, drifting apart</h2>${info('probe', 'Test images')}
          <p class="card-note" data-field="probe-note">
            ${probe.logits ? noteOf(run, probe.logits.step, answers) : 'The network had not read them yet.'}
          </p>
        </div>
        <div class="probe-body">
          ${canvas.element}
          <div class="probe-side">
            <p class="card-note">
Each image is written as its true class. The further it is in the direction of a class, the more the network takes it
              for that class: a turning view of its logits. Ringed ones are misclassified. Drag the name of a class to look from
              elsewhere.
              ${canExamine ? pointerText('Click one to look at it inside the network.', 'Tap one to look at it inside the network.') : nothing}
            </p>
            <div class="probe-detail">${answer ? detail(answer, probe, classes) : hint}</div>
            <section class="scroll" aria-label="Table of the test images by class" tabindex="0">
              <table class="table">
                <thead><tr><th scope="col">Class</th><th scope="col">Right</th><th scope="col">Most often taken for</th></tr></thead>
                <tbody>${classesOf(answers).map((row) => classRow(row, classes))}</tbody>
              </table>
            </section>
            ${savedAt === null ? html`<p><a class="button" id="probe-npy" href=${arrayUrl(run.runId, 'probe-logits')} download>Save the logits for NumPy</a></p>` : nothing}
          </div>
        </div>
      </section>`;
  },
  recolor() {
    canvas?.recolor();
    const element = document.getElementById('probe');
    if (element) recolorImages(element);
  },
};

const canvasLabel = (canExamine: boolean): string =>
  `Probe images in the space of their logits. The arrow keys go through the misclassified ones${canExamine ? ', Enter shows the selected one inside the network' : ''}. Page Up and Page Down choose the axis of a class, Shift with the arrow keys moves it.`;

const hint = html`<span class="card-note">${pointerText('Point at an image to see it here, or go through the misclassified ones with the arrow keys.', 'Tap an image to see it here.')}</span>`;

function noteOf(run: Run, step: number, answers: readonly ProbeAnswer[]): string {
  const right = answers.filter(({ label, prediction }) => label === prediction).length;
  const share = formatPercent(right / Math.max(1, answers.length), 1);
  return `${capitalize(stepWordOf(run))} ${formatCount(step)}: ${formatCount(right)} of ${formatCount(answers.length)} right (${share})`;
}

const nameOf = (label: number, classes: readonly string[]): string => classes[label] ?? String(label);

const classRow = (
  { label, right, total, confusedWith }: ProbeClass,
  classes: readonly string[],
): TemplateResult => html`
  <tr>
    <th scope="row">${nameOf(label, classes)}</th>
    <td>${formatCount(right)} of ${formatCount(total)}</td>
    <td>${confusedWith === undefined ? '' : nameOf(confusedWith, classes)}</td>
  </tr>`;

function detail(answer: ProbeAnswer, { images }: Probe, classes: readonly string[]): TemplateResult {
  const image = images[answer.position];
  return html`
    ${image ? html`<canvas aria-hidden="true" ${pixelImage(image.pixels, image)}></canvas>` : nothing}
    <p>${sentence(answer, classes)}</p>`;
}

function sentence({ label, prediction, confidence }: ProbeAnswer, classes: readonly string[]): string {
  const sure = formatPercent(confidence, 0);
  const name = nameOf(label, classes);
  return label === prediction
    ? `${name}, classified correctly with ${sure}.`
    : `${name}, classified as ${nameOf(prediction, classes)} with ${sure}.`;
}
