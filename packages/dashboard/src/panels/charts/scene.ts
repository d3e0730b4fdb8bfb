import type { View } from '../../state/view.ts';
import type { Range } from '../../state/window.ts';
import type { RunLine } from './frame-builder.ts';
import type { Flag } from './overlays.ts';

/** What all charts are drawn from. */
export interface Scene {
  /** The first is the run that is shown, the others are laid over it. */
  lines: readonly (RunLine & { name: string })[];
  view: View;
  range: Range;
  bounds: { all: Range; log: boolean };
  flags: readonly Flag[];
  /** Another number whenever a run has changed: runs are changed in place. */
  version: number;
}
