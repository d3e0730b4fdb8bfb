import { html, type TemplateResult } from 'lit-html';
import { styled } from './styled.ts';

/** The mark of a curve in a legend. */
export interface CurveKey {
  kind: 'raw' | 'line' | 'test';
  /** Name of the CSS custom property with its colour. */
  color: string;
  /** Dash pattern in pixels; solid without one. */
  dash?: readonly number[] | undefined;
}

/** Renders the mark of a curve in a legend: a line with its colour and dashes, with a ring on it for test results. */
export function curveKey({ kind, color, dash }: CurveKey): TemplateResult {
  const colored = styled({ '--key': `var(${color})` });
  if (kind === 'test')
    return html`
      <svg class="key key-test" viewBox="0 0 26 10" aria-hidden="true" ${colored}>
        <path d="M0 5h26" stroke-dasharray=${dash?.join(' ') ?? 'none'} /><circle cx="13" cy="5" r="3.5" />
      </svg>`;
  if (!dash) return html`<i class="key key-${kind}" aria-hidden="true" ${colored}></i>`;
  return html`
    <svg class="key key-dashed" viewBox="0 0 26 3" aria-hidden="true" ${colored}>
      <path d="M0 1.5h26" stroke-dasharray=${dash.join(' ')} />
    </svg>`;
}
