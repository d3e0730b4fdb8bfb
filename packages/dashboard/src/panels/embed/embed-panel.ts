import { html, nothing, type TemplateResult } from 'lit-html';
import type { Run } from '../../state/run.ts';
import type { PageState, Panel } from '../../ui/panel.ts';
import { styled } from '../../ui/styled.ts';
import { connectionText } from '../connection/connection-text.ts';
import { headerText } from '../header/header-text.ts';
import { Curves } from '../wall/curve.ts';
import { curveFigure } from '../wall/curve-figure.ts';
import { nameParts, viewDetail, wallFigures } from '../wall/wall-text.ts';
import './embed.css';

/** Number of curves, of which a narrow frame shows the first one. */
const curveLimit = 2;

let curves: { run: Run; curves: Curves } | undefined;

/**
 * The run in a frame of another page, such as a notebook: its state, four numbers and its curves, as far as the frame has room for
 * them. It has no controls: the page around it could make a person click on them unawares.
 */
export const embedPanel: Panel = {
  render(state) {
    const { session, now, run } = state;
    const text = headerText(session, now, state.view);
    const name = nameParts(text.title);
    const { banner } = connectionText(session, now);
    return html`
      <section class="embed" id="embed" data-phase=${text.colorPhase} aria-labelledby="embed-title">
        <header class="embed-head">
          <p class="embed-phase"><span class="dot" aria-hidden="true"></span><span data-field="phase">${text.phaseName}</span></p>
          <h1 id="embed-title" data-field="title" title=${text.title}><span class="cut">${name.start}</span> <span class="cut">${name.end}</span></h1>
          <p class="embed-progress" data-field="percent">${[text.percent, text.remaining].filter(Boolean).join(' · ')}</p>
          <a href=${dashboardAddress(run)} target="_blank" rel="noopener">Open</a>
        </header>
        <div class="embed-bar" aria-hidden="true"><i ${styled({ transform: `scaleX(${text.progress ?? 0})` })}></i></div>
        ${banner === '' ? nothing : html`<p class="embed-problem" role="alert" data-field="banner">${banner}</p>`}
        <dl class="embed-figures">
          ${wallFigures(state).map(
            ({ name, value, note }) =>
              html`<div><dt class="cut">${name}</dt><dd>${value}</dd><dd class="note cut">${note}</dd></div>`,
          )}
        </dl>
        ${run && text.phase !== 'starting' ? curvesOf(run) : html`<p class="embed-empty">${banner === '' ? viewDetail(text) : ''}</p>`}
      </section>`;
  },
};

/** Returns the address of the whole page, with the run that the frame shows. */
const dashboardAddress = (run: PageState['run']): string =>
  run ? `?run=${encodeURIComponent(run.runId)}` : '?';

function curvesOf(run: Run): TemplateResult {
  if (curves?.run !== run) curves = { run, curves: new Curves(run) };
  const { curves: all } = curves;
  return html`<div class="embed-curves">${all.names.slice(0, curveLimit).map((name) => curveFigure(all.curve(name), name))}</div>`;
}
