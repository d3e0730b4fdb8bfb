/** A line of the list of shortcuts. */
export interface Shortcut {
  keys: readonly string[];
  does: string;
}

export const shortcutGroups: readonly { title: string; shortcuts: readonly Shortcut[] }[] = [
  {
    title: 'Anywhere',
    shortcuts: [
      { keys: ['?'], does: 'This list' },
      { keys: ['r'], does: 'Runs: open, compare, name, pin, delete' },
      { keys: ['n'], does: 'New run, while a trainer waits' },
      { keys: ['p'], does: 'Pause the view; new data is kept' },
      { keys: ['d'], does: 'Draw a digit' },
      { keys: ['t'], does: 'Theme: system, light, dark' },
      { keys: ['Space'], does: 'Replay: play and hold' },
    ],
  },
  {
    title: 'Charts',
    shortcuts: [
      { keys: ['x'], does: 'X axis: batches, epochs, training time, clock' },
      { keys: ['l'], does: 'Loss: logarithmic or linear' },
      { keys: ['f'], does: 'Follow the latest, when zoomed in' },
      { keys: ['0'], does: 'Show all' },
      { keys: ['u'], does: 'Full screen for the chart in focus' },
    ],
  },
  {
    title: 'On a chart in focus (Tab)',
    shortcuts: [
      { keys: ['←', '→'], does: 'Next point; with Shift ten; screen readers read the value' },
      { keys: ['Page ↑', 'Page ↓'], does: 'Fifty points' },
      { keys: ['Home', 'End'], does: 'First and last point' },
      { keys: ['+', '−'], does: 'Zoom' },
      { keys: ['[', ']'], does: 'Pan' },
      { keys: ['Esc'], does: 'Hide the cursor; leave full screen' },
    ],
  },
  {
    title: 'With mouse and fingers',
    shortcuts: [
      { keys: ['Drag'], does: 'Zoom to a range; with Shift pan' },
      { keys: ['Ctrl', 'Wheel'], does: 'Zoom; in full screen without Ctrl' },
      { keys: ['Two fingers'], does: 'Zoom and pan' },
      { keys: ['Double click'], does: 'Show all' },
    ],
  },
];
