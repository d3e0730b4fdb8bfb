import { metricNamePattern } from '@mnist-monitor/shared/browser';
import { type AxisName, axisNames } from './axis.ts';
import { type ChartName, chartNames, chartSpecs, type YScale } from './chart-specs.ts';
import type { Run } from './run.ts';
import type { Viewport } from './viewport.ts';

/**
 * The viewer's choices of what is shown and how. A link contains all of them, so that it shows the same view to others.
 */
export interface View {
  /** The main run; null follows the latest. */
  run: string | null;
  /** Runs that are compared with the main run. */
  others: readonly string[];
  /** Runs of a comparison whose curves are left out. */
  hidden: readonly string[];
  /** The run of a comparison whose curves stand out; null without one. */
  pinned: string | null;
  axis: AxisName;
  logX: boolean;
  viewport: Viewport;
  /** The smoothing of the curves, from 0 (off) to 0.99: as smooth as a moving average of this weight. */
  smoothing: number;
  /** The y axes that the viewer has chosen. */
  scales: Partial<Record<ChartName, YScale>>;
  /** Custom metrics whose y axis is logarithmic. */
  logMetrics: readonly string[];
  /** Words that the names or groups of the custom metrics on display contain; empty for all. */
  metricSearch: string;
  /** The step that the timeline is at; null at its end, which is now. */
  step: number | null;
  /** The layout of the page: for a person at a screen, people far from a wall, or a small frame in another page. */
  layout: 'page' | 'wall' | 'embed';
  /** Seconds after which the wall shows its next view; null for one that stays. */
  cycleSeconds: number | null;
  /** Test accuracy to reach, from 0 to 1, as the viewer has set it; null for none, `auto` for the usual one of the data. */
  target: number | null | 'auto';
}

/** Maximum number of runs compared with the main run: with more, colours and dash patterns are hard to distinguish. */
export const otherRunLimit = 11;

/** The least and the most seconds for which the wall shows a view: less cannot be read from afar. */
const cycleSecondsRange = [5, 3_600] as const;

/** Maximum length of a search for metrics: that of a metric's name. */
const metricSearchLimit = 64;

export const defaultView: View = {
  run: null,
  others: [],
  hidden: [],
  pinned: null,
  axis: 'step',
  logX: false,
  viewport: { kind: 'all' },
  // Averages the six batches before and after each one: smooth, and still close to a loss that falls fast.
  smoothing: 0.85,
  scales: {},
  logMetrics: [],
  metricSearch: '',
  step: null,
  layout: 'page',
  cycleSeconds: null,
  target: 'auto',
};

/** The least and the largest target, as shares. */
export const targetBounds = [0, 1] as const;

/** Test accuracy that is the usual target on MNIST, which simple convolutional networks reach. */
const mnistTarget = 0.99;

/**
 * Returns the target line of a run's accuracy: that of the viewer, or else 99 % on MNIST. No run states a target, and on
 * other data 99 % may be out of reach or too easy, so there is none.
 */
export function targetOf(
  { target }: Pick<View, 'target'>,
  run: Pick<Run, 'started'> | null | undefined,
): number | null {
  if (target !== 'auto') return target;
  return run?.started?.dataset?.name.toLowerCase() === 'mnist' ? mnistTarget : null;
}

/** The choices that apply to all runs and are stored by the browser. */
export type ChartPreferences = Pick<View, 'axis' | 'logX' | 'smoothing' | 'scales' | 'target'>;

/** Returns the URL query that shows a view. */
export function queryOf(view: View): string {
  const query = new URLSearchParams();
  if (view.layout !== 'page') query.set('view', view.layout);
  if (view.cycleSeconds !== null) query.set('cycle', String(view.cycleSeconds));
  if (view.run !== null) query.set('run', view.run);
  if (view.others.length > 0) query.set('with', view.others.join(','));
  // Both are of a comparison.
  if (view.others.length > 0 && view.hidden.length > 0) query.set('hide', view.hidden.join(','));
  if (view.others.length > 0 && view.pinned !== null) query.set('pin', view.pinned);
  query.set('x', view.logX ? `${view.axis}-log` : view.axis);
  if (view.viewport.kind === 'fixed')
    query.set('zoom', `${shortText(view.viewport.min)}~${shortText(view.viewport.max)}`);
  if (view.viewport.kind === 'follow') query.set('zoom', `last~${shortText(view.viewport.width)}`);
  query.set('smoothing', String(view.smoothing));
  query.set('target', view.target === null ? 'none' : String(view.target));
  if (view.logMetrics.length > 0) query.set('logMetrics', view.logMetrics.join(','));
  if (view.metricSearch !== '') query.set('metrics', view.metricSearch);
  if (view.step !== null) query.set('at', String(view.step));
  for (const name of chartNames) if (view.scales[name]) query.set(name, view.scales[name]);
  return query.toString();
}

/**
 * Reads a view from a URL query. Missing and invalid values come from `preferences`, or from the defaults when the
 * query was written by `queryOf`, which always sets `x`: such a link shows the same view to all viewers.
 */
export function viewOf(query: string, preferences: ChartPreferences = defaultView): View {
  const given = new URLSearchParams(query);
  const base = { ...defaultView, ...(given.has('x') ? {} : preferences) };
  const [axis, log] = (given.get('x') ?? '').split('-');
  const view: View = {
    ...base,
    run: given.get('run') || null,
    others: runIdsIn(given.get('with')).slice(0, otherRunLimit),
    hidden: runIdsIn(given.get('hide')).slice(0, otherRunLimit + 1),
    pinned: given.get('pin') || null,
    viewport: viewportOf(given.get('zoom')),
    logMetrics: (given.get('logMetrics') ?? '').split(',').filter((name) => metricNamePattern.test(name)),
    metricSearch: (given.get('metrics') ?? '').slice(0, metricSearchLimit),
  };
  const layout = given.get('view');
  if (layout === 'wall' || layout === 'embed') view.layout = layout;
  const cycle = given.get('cycle');
  if (cycle !== null) view.cycleSeconds = valueInRange(Number(cycle), ...cycleSecondsRange) ?? null;
  const validAxis = axisNames.find((name) => name === axis);
  if (validAxis) Object.assign(view, { axis: validAxis, logX: log === 'log' && validAxis !== 'clock' });
  const smoothing = given.get('smoothing');
  if (smoothing !== null) view.smoothing = valueInRange(Number(smoothing), 0, 0.99) ?? view.smoothing;
  if (/^\d{1,15}$/.test(given.get('at') ?? '')) view.step = Number(given.get('at'));
  const target = given.get('target');
  if (target !== null)
    view.target =
      target === 'auto'
        ? target
        : target === 'none'
          ? null
          : (valueInRange(Number(target), ...targetBounds) ?? view.target);
  view.scales = { ...view.scales };
  for (const name of chartNames) {
    const scale = (chartSpecs[name].scales as readonly YScale[]).find((known) => known === given.get(name));
    if (scale) view.scales[name] = scale;
  }
  return view;
}

const runIdsIn = (text: string | null): string[] => [...new Set((text ?? '').split(',').filter(Boolean))];

function viewportOf(text: string | null): Viewport {
  const [from = '', to = ''] = (text ?? '').split('~');
  const [min, max] = [Number(from || Number.NaN), Number(to || Number.NaN)];
  if (from === 'last' && max > 0) return { kind: 'follow', width: max };
  return Number.isFinite(min) && Number.isFinite(max) && max > min
    ? { kind: 'fixed', min, max }
    : { kind: 'all' };
}

/** Writes a number with seven digits, more than a screen can resolve; clock times are written in full. */
const shortText = (value: number): string =>
  String(Math.abs(value) >= 1e9 ? Math.round(value) : Number(value.toPrecision(7)));

/** Returns the value if it is in a range; undefined otherwise. */
const valueInRange = (value: number, min: number, max: number): number | undefined =>
  value >= min && value <= max ? value : undefined;
