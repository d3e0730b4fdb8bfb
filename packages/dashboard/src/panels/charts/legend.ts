import type { ChartSpec, YScale } from '../../state/chart-specs.ts';
import { h, part, setText, styled } from '../../ui/dom.ts';
import type { LegendItem } from './chart-text.ts';

/** Creates the legend of a chart: its batch, and the value of each curve. */
export function createLegend(element: HTMLElement): (title: string, items: readonly LegendItem[]) => void {
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
  return (title, items) => {
    const names = items.map(({ name, kind, color }) => `${name}\n${kind}\n${color}`).join('\n');
    // Curves rarely change, so that only their values are written each time.
    if (names !== shown) build(items);
    shown = names;
    setText(at, title);
    for (const [index, { value }] of items.entries()) setText(values[index] as HTMLElement, value);
  };
}

const scaleNames: Record<YScale, string> = {
  log: 'Log',
  linear: 'Linear',
  close: 'Close-up',
  full: 'From 0',
};

/** Creates the choice of the y axis. @returns A function that marks the current one. */
export function createScales(
  group: HTMLElement,
  { title, scales }: Pick<ChartSpec, 'title' | 'scales'>,
  choose: (scale: YScale) => void,
): (scale: YScale) => void {
  group.hidden = scales.length < 2;
  setText(part(group, 'legend'), `YScale of the y axis of ${title}`);
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

/** Gives each button of a chart a name that is unique on the page: "Loss: full screen". */
export function nameTools(element: HTMLElement, chart: string): void {
  for (const button of element.querySelectorAll<HTMLElement>('.chart-actions button'))
    button.setAttribute(
      'aria-label',
      `${chart}: ${button.title.charAt(0).toLowerCase()}${button.title.slice(1)}`,
    );
}
