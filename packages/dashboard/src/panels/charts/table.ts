import type { ChartSpec } from '../../state/chart-specs.ts';
import { h, part } from '../../ui/dom.ts';
import type { ChartsState } from './charts-state.ts';
import type { FrameBuilder } from './frame-builder.ts';
import { tableOf } from './table-rows.ts';

export interface TableOptions {
  spec: ChartSpec;
  frameBuilder: FrameBuilder;
  state(): ChartsState;
}

/** A table that changes more often cannot be read. */
const writeEveryMs = 1_000;

/** The numbers behind a chart, shown below it on request. */
export function createTable(
  element: HTMLElement,
  { spec, frameBuilder, state }: TableOptions,
): { render(): void } {
  const box = part(element, '[data-part="table"]');
  const toggle = part(element, '[data-part="table-toggle"]');
  box.tabIndex = 0;
  box.setAttribute('aria-label', `Numbers behind ${spec.title}`);
  let writtenAt = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (box.hidden) return;
    writtenAt = performance.now();
    const { runs, view, range } = state();
    const { heads, rows, caption } = tableOf({
      spec,
      frameBuilder,
      runs,
      options: { axis: view.axis, range, smoothing: view.smoothing },
    });
    box.replaceChildren(
      h(
        'table',
        { class: 'table' },
        h('caption', {}, caption),
        h(
          'thead',
          {},
          h('tr', {}, ...heads.map((head) => h('th', { scope: 'col', class: 'cut', title: head }, head))),
        ),
        h('tbody', {}, ...rows.map((cells) => h('tr', {}, ...cells.map((cell) => h('td', {}, cell))))),
      ),
    );
  };
  toggle.addEventListener('click', () => {
    box.hidden = !box.hidden;
    toggle.setAttribute('aria-pressed', String(!box.hidden));
    if (!box.hidden) write();
  });
  return {
    render() {
      if (box.hidden || timer !== undefined) return;
      // The last change of a run is written too, though nothing comes after it.
      timer = setTimeout(write, Math.max(0, writtenAt + writeEveryMs - performance.now()));
    },
  };
}
