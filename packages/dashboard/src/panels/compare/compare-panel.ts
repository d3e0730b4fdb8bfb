import type { RunSummary } from '@mnist-monitor/shared/browser';
import { formatPlural } from '../../state/format.ts';
import { byId, field, h, setText, styled } from '../../ui/dom.ts';
import { type CompareRow, figureRows, nameOf, settingRows } from '../runs/run-rows.ts';

/** A run of the comparison; the first is the baseline. */
export interface ComparedRun {
  summary: RunSummary;
  color: string;
}

/** The runs side by side: figures with their difference to the first, then settings. */
export function createCompare(): (runs: readonly ComparedRun[], problems: readonly string[]) => void {
  const section = byId('compare', HTMLElement);
  const table = byId('compare-table', HTMLTableElement);
  const scroll = byId('compare-scroll', HTMLElement);
  scroll.tabIndex = 0;
  const note = field('compare-note');

  const write = (runs: readonly ComparedRun[], rows: readonly CompareRow[]): void => {
    const heads = runs.map(({ summary, color }, at) =>
      h(
        'th',
        { scope: 'col' },
        h(
          'div',
          { class: 'compared' },
          styled(h('i', { class: 'key', 'aria-hidden': 'true' }), { '--key': `var(${color})` }),
          h('span', { class: 'cut', title: nameOf(summary) }, nameOf(summary)),
          ...(at === 0 ? [h('span', { class: 'tag calm' }, 'baseline')] : []),
        ),
      ),
    );
    table.tHead?.replaceChildren(h('tr', {}, h('td'), ...heads));
    table.tBodies[0]?.replaceChildren(...rows.map(row));
  };
  let written = '';

  return (runs, problems) => {
    section.hidden = runs.length < 2 && problems.length === 0;
    if (section.hidden) return;
    const summaries = runs.map(({ summary }) => summary);
    const [figures, settings] = [figureRows(summaries), settingRows(summaries)];
    const differing = settings.filter(({ differs }) => differs).length;
    const difference =
      differing === 0
        ? 'All settings are the same.'
        : `${formatPlural(differing, 'setting differs and is', 'settings differ and are')} marked.`;
    setText(note, [...problems, ...(runs.length < 2 ? [] : [difference])].join(' '));
    scroll.hidden = runs.length < 2;
    const text = JSON.stringify([summaries.map(nameOf), figures, settings]);
    if (text !== written) write(runs, [...figures, ...settings]);
    written = text;
  };
}

function row({ name, values, differs }: CompareRow): HTMLElement {
  const cells = values.map(({ text, change }) =>
    h('td', {}, text, ...(change ? [h('span', { class: 'change' }, ` ${change}`)] : [])),
  );
  return h('tr', { class: differs && 'differs' }, h('th', { scope: 'row' }, name), ...cells);
}
