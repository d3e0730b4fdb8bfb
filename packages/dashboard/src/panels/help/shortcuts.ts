import type { Run } from '../../state/run.ts';
import { awaitsEverything, drawnThing } from '../../state/run-words.ts';

/** A line of the list of shortcuts. */
export interface Shortcut {
  keys: readonly string[];
  description: string;
}

/** Returns the shortcuts by group, with the one for drawing where a viewer can draw for the network of the run. */
export const shortcutGroups = (run: Run | null): { title: string; shortcuts: Shortcut[] }[] => [
  {
    title: 'Anywhere',
    shortcuts: [
      { keys: ['?'], description: 'This help' },
      { keys: ['r'], description: 'Runs: open, compare, name, pin, delete' },
      { keys: ['n'], description: 'New run, while a trainer is connected' },
      { keys: ['p'], description: 'Freeze the charts; new data is kept' },
      ...(awaitsEverything(run) ? [{ keys: ['d'], description: `Draw ${drawnThing(run)}` }] : []),
      { keys: ['t'], description: 'Theme: system, light, dark' },
      { keys: ['k'], description: 'Timeline: play and pause' },
    ],
  },
  {
    title: 'Charts',
    shortcuts: [
      { keys: ['x'], description: 'X axis: steps, epochs, training time, clock' },
      { keys: ['l'], description: 'Loss: logarithmic or linear' },
      { keys: ['f'], description: 'Follow the latest, when zoomed in' },
      { keys: ['0'], description: 'Show all' },
      { keys: ['u'], description: 'Full screen for the focused chart' },
    ],
  },
  {
    title: 'On a focused chart (Tab)',
    shortcuts: [
      {
        keys: ['←', '→'],
        description: 'Previous or next point, or ten with Shift; screen readers read the value',
      },
      { keys: ['Page ↑', 'Page ↓'], description: 'Fifty points back or forward' },
      { keys: ['Home', 'End'], description: 'First and last point' },
      { keys: ['+', '−'], description: 'Zoom' },
      { keys: ['[', ']'], description: 'Pan' },
      { keys: ['Esc'], description: 'Hide the cursor; leave full screen' },
    ],
  },
  ...(run?.probe
    ? [
        {
          title: 'On the test images drifting apart (Tab)',
          shortcuts: [
            { keys: ['←', '→'], description: 'Previous or next misclassified image' },
            { keys: ['Enter'], description: 'Look at it inside the network' },
            { keys: ['Page ↑', 'Page ↓'], description: 'Choose the axis of a class' },
            { keys: ['Shift', '←'], description: 'Move the axis, with any arrow key' },
            { keys: ['Esc'], description: 'Turn again' },
          ],
        },
      ]
    : []),
  ...(run && run.snapshots.length > 0
    ? [
        {
          title: 'On the history of an image (Tab)',
          shortcuts: [
            { keys: ['←', '→'], description: 'Move the timeline to the snapshot before or after' },
            { keys: ['Home', 'End'], description: 'First snapshot, and now' },
          ],
        },
      ]
    : []),
  {
    title: 'Mouse and touch',
    shortcuts: [
      { keys: ['Drag'], description: 'Zoom to a range, or pan with Shift' },
      { keys: ['Ctrl', 'Wheel'], description: 'Zoom; Ctrl is not needed in full screen' },
      { keys: ['Two fingers'], description: 'Zoom and pan' },
      { keys: ['Double click'], description: 'Show all' },
    ],
  },
];
