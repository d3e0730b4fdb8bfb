import type { EpochData, SamplesData } from '@mnist-monitor/shared/browser';
import { formatCount, formatPercent } from '../../state/format.ts';
import { digitImage, inkColor } from '../../ui/digit-image.ts';
import { byId, field, h, onChange, setText, styled } from '../../ui/dom.ts';
import { classRows, shortNames } from './class-accuracy.ts';
import {
  cellNote,
  confusionCells,
  confusionSentence,
  mistakeCount,
  moveCell,
  worstMistakes,
} from './confusion-matrix.ts';
import { imagePixels, sampleSentence, samplesOf } from './sample-selection.ts';

/** Where on its track a dot stands. */
const placed = (kind: string, at: number): HTMLElement =>
  styled(h('i', { class: kind }), { left: `${Math.max(0, at) * 100}%` });

export interface ConfusionInput {
  /** The last of them is shown. */
  epochs: readonly EpochData[];
  classes: readonly string[];
  samples: SamplesData | null;
}

/** The confusion matrix of an epoch, and each class beside it. */
export interface Confusion {
  render(input: ConfusionInput): void;
  recolor(): void;
}

export function createConfusion(): Confusion {
  const body = byId('confusion-body', HTMLElement);
  const table = byId('matrix', HTMLTableElement);
  table.setAttribute('role', 'grid'); // Its cells are gone through with arrow keys, and chosen.
  const sentence = byId('matrix-sentence', HTMLElement);
  const classList = byId('class-rows', HTMLElement);
  const mistakes = byId('mistakes', HTMLElement);
  const digits = byId('cell-samples', HTMLElement);
  const note = field('confusion-note');
  const empty = field('confusion-empty');
  let classes: readonly string[] = [];
  let matrix: EpochData['test']['confusion'] = [];
  /** The cell that Tab leads to, and the one that is pointed at. */
  let active: [number, number] = [0, 0];
  let pointed: readonly [number, number] | undefined;
  /** The cell whose digits are shown: the sentence above them is of no other. */
  let chosen: readonly [number, number] | undefined;
  let samples: SamplesData | null = null;

  const cellAt = ([row, column]: readonly [number, number]): HTMLTableCellElement | undefined =>
    table.tBodies[0]?.rows[row]?.cells[column + 1];
  const tell = (): void => {
    const [truth, predicted] = chosen ?? pointed ?? [];
    const count = matrix[truth ?? -1]?.[predicted ?? -1];
    if (truth === undefined || predicted === undefined || count === undefined)
      setText(sentence, 'Point at a cell to read it; click to see its digits.');
    else setText(sentence, confusionSentence({ truth, predicted, count }, classes));
  };
  const point = (at: readonly [number, number]): void => {
    pointed = at;
    tell();
  };
  const place = (target: EventTarget | null): [number, number] | undefined => {
    const cell = target instanceof Element ? target.closest('td') : null;
    const row = cell?.parentElement;
    return cell && row instanceof HTMLTableRowElement ? [row.sectionRowIndex, cell.cellIndex - 1] : undefined;
  };
  const activate = (next: [number, number]): void => {
    cellAt(active)?.setAttribute('tabindex', '-1');
    active = next;
    cellAt(active)?.setAttribute('tabindex', '0');
    point(active);
  };

  const showDigits = (): void => {
    for (const cell of table.querySelectorAll('[aria-selected="true"]'))
      cell.setAttribute('aria-selected', 'false');
    digits.replaceChildren();
    if (!chosen) return;
    const [truth, predicted] = chosen;
    cellAt(chosen)?.setAttribute('aria-selected', 'true');
    const found = samplesOf(samples?.items ?? [], chosen);
    const ink = inkColor();
    digits.replaceChildren(
      ...found.map((sample) => {
        const image = digitImage(imagePixels(sample.image), ink);
        const words = sampleSentence(sample, classes);
        return h('li', { title: words }, image, h('span', { class: 'sr-only' }, words));
      }),
    );
    const rest = cellNote(matrix[truth]?.[predicted] ?? 0, found.length);
    if (rest) digits.append(h('li', { class: 'cell-note' }, rest));
  };
  const choose = (at: readonly [number, number] | undefined): void => {
    chosen = at;
    tell();
    showDigits();
  };
  const toggle = (at: readonly [number, number]): void =>
    choose(chosen?.join() === at.join() ? undefined : at);

  table.addEventListener('pointerover', (event) => {
    const at = place(event.target);
    if (at) point(at);
  });
  table.addEventListener('click', (event) => {
    const at = place(event.target);
    if (at) toggle(at);
  });
  table.addEventListener('focusin', (event) => {
    const at = place(event.target);
    if (at) activate(at);
  });
  table.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      toggle(active);
      return;
    }
    if (event.key === 'Escape') choose(undefined);
    const next = moveCell(event.key, active);
    if (!next) return;
    event.preventDefault();
    activate(next);
    cellAt(next)?.focus();
  });

  const build = onChange((names: readonly string[]) => {
    const ticks = shortNames(names);
    const heads = ticks.map((tick, index) => h('th', { scope: 'col', title: names[index] }, tick));
    table.tHead?.replaceChildren(h('tr', {}, h('td'), ...heads));
    table.tBodies[0]?.replaceChildren(
      ...names.map((name, row) => {
        const head = h('th', { scope: 'row', title: name }, name);
        const cells = names.map((_, column) =>
          h('td', { tabindex: row + column === 0 ? 0 : -1, class: row === column && 'right' }),
        );
        return h('tr', {}, head, ...cells);
      }),
    );
    table.classList.toggle('long', ticks !== names && ticks[0] !== names[0]);
    active = [0, 0];
    pointed = undefined;
    chosen = undefined;
  });

  const fill = (epoch: EpochData): void => {
    for (const { truth, predicted, count, heat } of confusionCells(epoch.test.confusion).flat()) {
      const cell = cellAt([truth, predicted]);
      if (!cell) continue;
      // Without a comma: four digits fill a cell on a phone.
      setText(cell, count === 0 ? '' : String(count));
      cell.setAttribute('aria-label', confusionSentence({ truth, predicted, count }, classes));
      styled(cell, { '--heat': heat.toFixed(3) });
    }
    const worst = worstMistakes(epoch.test.confusion, 5);
    mistakes.replaceChildren(
      ...worst.map(({ truth, predicted, count }) =>
        h(
          'li',
          {},
          h('span', {}, h('b', {}, classes[truth] ?? ''), ' read as ', h('b', {}, classes[predicted] ?? '')),
          h('span', {}, `${formatCount(count)} ×`),
        ),
      ),
    );
    if (worst.length === 0) mistakes.replaceChildren(h('li', {}, 'None at all.'));
    const { wrong, total } = mistakeCount(epoch.test.confusion);
    setText(note, `Epoch ${epoch.epoch}: ${formatCount(wrong)} of ${formatCount(total)} test images wrong`);
  };

  const showClasses = (epochs: readonly EpochData[]): void => {
    const shown = classRows(classes, epochs);
    classList.replaceChildren(
      ...shown.rows.map(({ name, value, at, previous, change }) => {
        const track = h('span', { class: 'class-track', 'aria-hidden': 'true' });
        if (previous !== null) track.append(placed('before', previous));
        if (at !== null) track.append(placed('now', at));
        return h(
          'li',
          {},
          h('span', { class: 'class-name', title: name }, name),
          track,
          h('span', { class: 'class-value' }, value),
          h('span', { class: 'class-change', title: 'percentage points since the epoch before' }, change),
        );
      }),
      h(
        'li',
        { class: 'class-scale', 'aria-hidden': 'true' },
        h('span', {}, formatPercent(shown.floor, shown.floor > 0.99 ? 1 : 0)),
        h('span', {}, formatPercent(1, 0)),
      ),
    );
  };

  const render = onChange(
    (epochs: readonly EpochData[], names: readonly string[], next: SamplesData | null) => {
      const latest = epochs.at(-1);
      const ready = latest !== undefined && names.length > 0;
      empty.hidden = ready;
      body.hidden = !ready;
      if (!ready) {
        setText(note, '');
        return;
      }
      classes = names;
      matrix = latest.test.confusion;
      samples = next;
      build(names);
      fill(latest);
      showClasses(epochs);
      showDigits();
      tell();
    },
  );
  return { render: (input) => render(input.epochs, input.classes, input.samples), recolor: showDigits };
}
