import { h } from '../../ui/dom.ts';
import type { RunRow } from './run-rows.ts';

/** How a run stands to what the page shows. */
interface Standing {
  shown: boolean;
  compared: boolean;
  mayCompare: boolean;
  mayChange: boolean;
}

type Control = 'open' | 'compare' | 'pin' | 'edit' | 'delete';

/** A run of the list, with its controls: each can be found again by `data-run` and `data-control`. */
export function runElement(row: RunRow, standing: Standing, act: Record<Control, () => void>): HTMLElement {
  const { runId, name } = row;
  const { shown, compared, mayCompare, mayChange } = standing;
  const button = (control: Control, kind: string, text: string, label?: string): HTMLElement => {
    const attributes = { type: 'button', class: kind, 'data-control': control, 'aria-label': label };
    const element = h('button', attributes, text);
    element.addEventListener('click', act[control]);
    return element;
  };
  const open = button('open', 'link run-name', name);
  open.title = name;
  if (shown) open.setAttribute('aria-current', 'true');
  const box = h('input', {
    ...{ type: 'checkbox', 'data-control': 'compare', checked: compared, disabled: !mayCompare },
    'aria-label': `${shown ? 'Shown:' : 'Compare'} ${name}`,
  });
  box.addEventListener('change', act.compare);
  const facts = [row.best, row.duration, row.device, row.settings, row.started].filter(Boolean);
  const pin = row.pinned ? 'Unpin' : 'Pin';
  const actions = [
    button('pin', 'link', pin, `${pin} ${name}`),
    button('edit', 'link', 'Name and note…', `Name and note of ${name}`),
    button('delete', 'link danger', 'Delete…', `Delete ${name}`),
  ];
  return h(
    'li',
    { class: shown ? 'run shown' : 'run', 'data-run': runId },
    h(
      'div',
      { class: 'run-head' },
      h('span', { class: `pill small ${row.status}` }, row.statusName),
      open,
      ...(row.pinned ? [h('span', { class: 'tag calm' }, 'pinned')] : []),
      h('span', { class: 'spacer' }),
      h('label', { class: 'tool' }, box, shown ? 'Shown' : 'Compare'),
    ),
    ...(row.named ? [h('p', { class: 'run-id' }, runId)] : []),
    h('p', { class: 'run-facts' }, ...facts.map((fact, at) => h(at === 0 ? 'b' : 'span', {}, fact))),
    ...(row.note ? [h('p', { class: 'run-note' }, row.note)] : []),
    ...(mayChange ? [h('p', { class: 'run-actions' }, ...actions)] : []),
  );
}
