import { html, nothing, svg, type TemplateResult } from 'lit-html';
import { styled } from '../../ui/styled.ts';
import type { Curve, CurveName } from './curve.ts';
import './curve.css';

/** Renders a curve that fills the space that it is given. */
export function curveFigure({ title, raw, average, test, ticks }: Curve, name: CurveName): TemplateResult {
  const isMetric = name !== 'loss' && name !== 'accuracy';
  return html`
    <figure class="curve" data-curve=${name}>
      <figcaption>
        <b class="cut">${title}</b>
        ${isMetric || raw === '' ? nothing : html`<span><i class="curve-key" aria-hidden="true"></i> training</span>`}
        ${test === '' ? nothing : html`<span><i class="curve-key test" aria-hidden="true"></i> test images</span>`}
      </figcaption>
      <div class="curve-plot">
        ${ticks.map(({ text, share }) => html`<span class="curve-tick" ${styled({ '--share': share.toFixed(4) })}>${text}</span>`)}
        <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label=${`${title} over the run`}>
          ${ticks.map(({ share }) => svg`<path class="grid" d="M0 ${(share * 1_000).toFixed(1)}H1000" />`)}
          <path class=${average === '' ? 'average' : 'raw'} d=${raw} />
          <path class="average" d=${average} />
          <path class="test" d=${test} />
          <path class="tests" d=${test.replace(/[ML]([^ML]+)/g, 'M$1h0')} />
        </svg>
      </div>
    </figure>`;
}
