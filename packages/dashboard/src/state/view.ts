import { type AxisName, axisNames } from './axis.ts';
import { type ChartName, chartNames, chartSpecs, type Scale } from './chart-specs.ts';
import type { Window } from './window.ts';

/** How the viewer looks at runs: all that a link must carry to show another person the same. */
export interface View {
  /** The run that is shown; null follows the latest. */
  run: string | null;
  /** Runs laid over it. */
  others: readonly string[];
  axis: AxisName;
  logX: boolean;
  window: Window;
  /** Weight of the moving average. */
  smoothing: number;
  scales: Record<ChartName, Scale>;
  /** Test accuracy to arrive at; null for none. */
  target: number | null;
}

/** More curves than this cannot be told apart. */
export const otherRunLimit = 4;

const firstScales = Object.fromEntries(
  chartNames.map((name) => [name, chartSpecs[name].scales[0]]),
) as View['scales'];

export const defaultView: View = {
  run: null,
  others: [],
  axis: 'step',
  logX: false,
  window: { kind: 'all' },
  // An average over the last seven batches or so: calm, and not yet far behind a loss that falls fast.
  smoothing: 0.85,
  scales: firstScales,
  target: 0.99,
};

/** What a viewer likes, whichever run it is. */
export type Preferences = Pick<View, 'axis' | 'logX' | 'smoothing' | 'scales' | 'target'>;

/** The query of an address that shows this view. */
export function queryOf(view: View): string {
  const query = new URLSearchParams();
  if (view.run !== null) query.set('run', view.run);
  if (view.others.length > 0) query.set('with', view.others.join(','));
  query.set('x', view.logX ? `${view.axis}-log` : view.axis);
  if (view.window.kind === 'fixed') query.set('zoom', `${short(view.window.min)}~${short(view.window.max)}`);
  if (view.window.kind === 'follow') query.set('zoom', `last~${short(view.window.width)}`);
  query.set('smoothing', String(view.smoothing));
  query.set('target', view.target === null ? 'none' : String(view.target));
  for (const name of chartNames) if (chartSpecs[name].scales.length > 1) query.set(name, view.scales[name]);
  return query.toString();
}

/**
 * Reads the query of an address. What it leaves out or what does not fit is as `preferences` says or, when the address
 * is one of `queryOf` and so means to show the same to everybody, as by default.
 */
export function viewOf(query: string, preferences: Preferences = defaultView): View {
  const given = new URLSearchParams(query);
  const base = { ...defaultView, ...(given.has('x') ? {} : preferences) };
  const [axis, log] = (given.get('x') ?? '').split('-');
  const view: View = {
    ...base,
    run: given.get('run') || null,
    others: [...new Set((given.get('with') ?? '').split(',').filter(Boolean))].slice(0, otherRunLimit),
    window: windowOf(given.get('zoom')),
  };
  const known = axisNames.find((name) => name === axis);
  if (known) Object.assign(view, { axis: known, logX: log === 'log' && known !== 'clock' });
  const smoothing = given.get('smoothing');
  if (smoothing !== null) view.smoothing = within(Number(smoothing), 0, 0.99) ?? view.smoothing;
  const target = given.get('target');
  if (target !== null) view.target = target === 'none' ? null : (within(Number(target), 0, 1) ?? view.target);
  view.scales = { ...view.scales };
  for (const name of chartNames) {
    const scale = (chartSpecs[name].scales as readonly Scale[]).find((known) => known === given.get(name));
    if (scale) view.scales[name] = scale;
  }
  return view;
}

function windowOf(text: string | null): Window {
  const [from = '', to = ''] = (text ?? '').split('~');
  const [min, max] = [Number(from || Number.NaN), Number(to || Number.NaN)];
  if (from === 'last' && max > 0) return { kind: 'follow', width: max };
  return Number.isFinite(min) && Number.isFinite(max) && max > min
    ? { kind: 'fixed', min, max }
    : { kind: 'all' };
}

/** Seven digits are more than a screen shows, except of a clock. */
const short = (value: number): string =>
  String(Math.abs(value) >= 1e9 ? Math.round(value) : Number(value.toPrecision(7)));

const within = (value: number, min: number, max: number): number | undefined =>
  value >= min && value <= max ? value : undefined;
