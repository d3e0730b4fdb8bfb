import type { ChartSpec, Scale } from '../../state/chart-specs.ts';
import { h, part, setText, styled } from '../../ui/dom.ts';
import type { LegendItem } from './chart-text.ts';

/** The legend of a chart: what it belongs to, and each curve's value. */
export function createLegend(element: HTMLElement): (place: string, items: readonly LegendItem[]) => void {
  const at = part(element, '[data-part="at"]');
  const list = part(element, '[data-part="items"]');
  let values: HTMLElement[] = [];
  const build = (items: readonly LegendItem[]): void => {
    values = items.map(() => h('b'));
    list.replaceChildren(
      ...items.map(({ name, kind, color }, index) =>
        h(
          'span',
          { class: 'legend-item' },
          styled(h('i', { class: `key key-${kind}`, 'aria-hidden': 'true' }), { '--key': `var(${color})` }),
          h('span', { class: 'cut', title: name }, name),
          values[index] as HTMLElement,
        ),
      ),
    );
  };
  let shown = '';
  return (place, items) => {
    const names = items.map(({ name, kind, color }) => `${name}\n${kind}\n${color}`).join('\n');
    // The curves rarely change, their values always: those are written in place.
    if (names !== shown) build(items);
    shown = names;
    setText(at, place);
    for (const [index, { value }] of items.entries()) setText(values[index] as HTMLElement, value);
  };
}

const scaleNames: Record<Scale, string> = { log: 'Log', linear: 'Linear', close: 'Close-up', full: 'From 0' };

/** The choice of y axis; `show` marks the one that holds. */
export function createScales(
  group: HTMLElement,
  { title, scales }: Pick<ChartSpec, 'title' | 'scales'>,
  choose: (scale: Scale) => void,
): (scale: Scale) => void {
  group.hidden = scales.length < 2;
  setText(part(group, 'legend'), `Scale of the y axis of ${title}`);
  const buttons = scales.map((scale) => {
    const button = h('button', { type: 'button' }, scaleNames[scale]);
    button.addEventListener('click', () => choose(scale));
    return [scale, button] as const;
  });
  group.append(...buttons.map(([, button]) => button));
  return (shown) => {
    for (const [scale, button] of buttons) button.setAttribute('aria-pressed', String(scale === shown));
  };
}

/** Tells the tools of one chart from those of the others: "Loss: full screen". */
export function nameTools(element: HTMLElement, chart: string): void {
  for (const button of element.querySelectorAll<HTMLElement>('.chart-actions button'))
    button.setAttribute(
      'aria-label',
      `${chart}: ${button.title.charAt(0).toLowerCase()}${button.title.slice(1)}`,
    );
}
