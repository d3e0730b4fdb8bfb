import { html, nothing, type TemplateResult } from 'lit-html';
import { className } from '../../state/format.ts';
import { memoizeLast } from '../../state/memoize-last.ts';
import { hasEnded } from '../../state/phase.ts';
import type { Run } from '../../state/run.ts';
import type { RunAtStep } from '../../state/run-at-step.ts';
import type { PageState, Panel } from '../../ui/panel.ts';
import { pixelImage, recolorImages } from '../../ui/pixel-image.ts';
import { styled } from '../../ui/styled.ts';
import { headerText, tabTitle } from '../header/header-text.ts';
import { type CurveName, Curves } from './curve.ts';
import { curveFigure } from './curve-figure.ts';
import { reloadWhenOutdated } from './recovery.ts';
import { keepScreenOn } from './screen.ts';
import { imagesAtTurn, type WallImage, wallImages } from './wall-images.ts';
import { nameParts, viewDetail, type WallFigure, wallFigures, wallProblem } from './wall-text.ts';
import './wall.css';

/** Time for which the images stay: enough to read them. */
const imagesMs = 5_000;
/** Number of images beside a curve. */
const imageCount = 4;
/** Time between two moves of the content by a few pixels, so that its edges do not burn in. */
const moveMs = 60_000;
/** The positions of the content, in pixels. */
const moves = [
  [0, 0],
  [4, 2],
  [8, 0],
  [4, -2],
] as const;

let curves: { run: Run; curves: Curves } | undefined;
/** When the connection was last open, in milliseconds since 1970. */
let openAt: number | null = null;

const imagesOf = memoizeLast((probe: RunAtStep['probe'], samples: RunAtStep['samples']) =>
  wallImages({ probe, samples }),
);
const shownImages = memoizeLast(imagesAtTurn);

/**
 * The run for people far from the screen: four large numbers, a curve, and what the network takes images for. It needs no hand: it
 * follows the latest run, and shows a lost connection in a sentence.
 */
export const wallPanel: Panel = {
  render(state) {
    const { session, now, run } = state;
    keepScreenOn();
    reloadWhenOutdated(session);
    if (session.connection.name === 'open') openAt = Date.now();
    const text = headerText(session, now, state.view);
    const problem = wallProblem(session, openAt);
    const name = nameParts(text.title);
    const tab = tabTitle(text);
    if (document.title !== tab) document.title = tab;
    const [main, ...others] = wallFigures(state);
    const [x, y] = moves[Math.floor(now / moveMs) % moves.length] as readonly [number, number];
    return html`
      <section
        class="wall" id="wall" data-phase=${text.colorPhase} data-problem=${problem !== ''}
        ${styled({ '--move-x': `${x}px`, '--move-y': `${y}px` })}
      >
        <header class="wall-head">
          <p class="wall-phase"><span class="dot" aria-hidden="true"></span><span data-field="phase">${text.phaseName}</span></p>
          <h1 data-field="title"><span class="cut">${name.start}</span> <span class="cut">${name.end}</span></h1>
          <p data-field="percent">${hasEnded(text.phase) ? '' : text.percent}</p>
        </header>
        <div class="wall-progress" aria-hidden="true"><i ${styled({ transform: `scaleX(${text.progress ?? 0})` })}></i></div>
        <p class="wall-problem" role="alert" data-field="problem" ?hidden=${problem === ''}>${problem}</p>
        ${main ? html`<dl class="wall-figures">${figure(main, 'main')}${others.map((each) => figure(each))}</dl>` : html`<p class="wall-empty">${problem === '' ? viewDetail(text) : ''}</p>`}
        ${run && text.phase !== 'starting' ? scene(run, state) : nothing}
      </section>`;
  },
  recolor() {
    const element = document.getElementById('wall');
    if (element) recolorImages(element);
  },
};

const figure = ({ name, value, note, isBad = false }: WallFigure, rank = ''): TemplateResult => html`
  <div class="wall-figure ${rank} ${isBad ? 'bad' : ''}">
    <dt class="cut">${name}</dt>
    <dd ${styled({ '--characters': String(Math.max(4, value.length)) })}>${value}</dd>
    <dd class="note cut">${note}</dd>
  </div>`;

/** Renders the curve and the images; with a time for each, one after the other. */
function scene(run: Run, { view, now, runAtStep }: PageState): TemplateResult {
  if (curves?.run !== run) curves = { run, curves: new Curves(run) };
  const images = runAtStep ? imagesOf(runAtStep.probe, runAtStep.samples) : [];
  const names = curves.curves.names;
  const turn = view.cycleSeconds === null ? 0 : Math.floor(now / 1_000 / view.cycleSeconds);
  const scenes: (CurveName | 'images')[] = view.cycleSeconds === null ? names.slice(0, 1) : [...names];
  if (images.length > 0 && (view.cycleSeconds !== null || names.length === 0)) scenes.push('images');
  const current = scenes[turn % scenes.length];
  if (current === undefined) return html``;
  const classes = run.started?.dataset?.classes ?? [];
  const imageTurn = Math.floor(now / imagesMs);
  if (current === 'images')
    return html`<div class="wall-scene">${imageList(shownImages(images, imageTurn, 2 * imageCount), classes, 'all')}</div>`;
  const isAlone = images.length === 0 || view.cycleSeconds !== null;
  return html`
    <div class="wall-scene">
      ${curveFigure(curves.curves.curve(current), current)}
      ${isAlone ? nothing : imageList(shownImages(images, imageTurn, imageCount), classes)}
    </div>`;
}

const imageList = (
  images: readonly WallImage[],
  classes: readonly string[],
  kind = '',
): TemplateResult => html`
  <ul class="wall-images ${kind}">
    ${images.map(({ pixels, size, label, prediction }) => {
      const isRight = label === prediction;
      return html`
        <li class=${isRight ? 'right' : 'wrong'}>
          <canvas aria-hidden="true" ${pixelImage(pixels, size)}></canvas>
          <p><b class="cut"><span aria-hidden="true">${isRight ? '✓' : '✗'}</span> ${className(classes, prediction)}</b>
          <span class="cut">${isRight ? 'right' : `is ${className(classes, label)}`}</span></p>
        </li>`;
    })}
  </ul>`;
