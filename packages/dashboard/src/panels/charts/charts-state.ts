import type { ChartRun } from '../../state/chart-runs.ts';
import type { View } from '../../state/view.ts';
import type { AxisBounds, Range } from '../../state/viewport.ts';
import type { EventMarker } from './overlays.ts';

/** The state that all charts share. */
export interface ChartsState {
  /** The main run first, then the runs compared with it. */
  runs: readonly ChartRun[];
  view: View;
  /** The visible range of the x axis. */
  range: Range;
  bounds: AxisBounds;
  markers: readonly EventMarker[];
}
