import { type AxisName, axisNames } from '../../state/axis.ts';
import type { Run } from '../../state/run.ts';
import { byId, onChange, setText } from '../../ui/dom.ts';
import type { ViewStore } from '../../ui/view-store.ts';

export interface ToolActions {
  setAxis(axis: AxisName): void;
  follow(): void;
  showAll(): void;
}

export interface ChartToolbar {
  render(run: Run | null): void;
  press(tool: 'log' | 'axis'): void;
}

/** Creates the controls that all charts share. */
export function createToolbar(store: Pick<ViewStore, 'view' | 'change'>, actions: ToolActions): ChartToolbar {
  const axis = byId('axis', HTMLSelectElement);
  const logX = byId('log-x', HTMLInputElement);
  const smoothing = byId('smoothing', HTMLInputElement);
  const smoothingValue = byId('smoothing-value', HTMLElement);
  const target = byId('target', HTMLInputElement);
  const follow = byId('follow', HTMLButtonElement);
  const reset = byId('zoom-reset', HTMLButtonElement);

  axis.addEventListener('change', () => actions.setAxis(axis.value as AxisName));
  logX.addEventListener('change', () => store.change({ logX: logX.checked }));
  smoothing.addEventListener('input', () => store.change({ smoothing: smoothing.valueAsNumber }));
  target.addEventListener('change', () => {
    // An empty field is NaN and removes the target.
    if (target.reportValidity()) store.change({ target: target.valueAsNumber / 100 || null });
  });
  follow.addEventListener('click', actions.follow);
  reset.addEventListener('click', actions.showAll);

  const showView = onChange((view: ViewStore['view']) => {
    axis.value = view.axis;
    logX.checked = view.logX;
    logX.disabled = view.axis === 'clock';
    smoothing.valueAsNumber = view.smoothing;
    smoothing.setAttribute('aria-valuetext', view.smoothing === 0 ? 'off' : view.smoothing.toFixed(2));
    setText(smoothingValue, view.smoothing === 0 ? 'off' : view.smoothing.toFixed(2));
    if (document.activeElement !== target)
      target.value = view.target === null ? '' : String(Number((view.target * 100).toFixed(4)));
    reset.hidden = view.viewport.kind === 'all';
  });
  return {
    render(run) {
      const { view } = store;
      showView(view);
      // A finished run has nothing to follow, and the whole axis follows anyway.
      follow.hidden = view.viewport.kind === 'all' || run?.finished !== null;
      follow.setAttribute('aria-pressed', String(view.viewport.kind === 'follow'));
      setText(follow, view.viewport.kind === 'follow' ? 'Following' : 'Follow');
    },
    press(tool) {
      if (tool === 'axis') {
        actions.setAxis(axisNames[(axisNames.indexOf(store.view.axis) + 1) % axisNames.length] as AxisName);
        return;
      }
      const { scales } = store.view;
      store.change({ scales: { ...scales, loss: scales.loss === 'log' ? 'linear' : 'log' } });
    },
  };
}
