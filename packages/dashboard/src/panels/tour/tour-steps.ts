import { pointerText } from '../../ui/touch.ts';

/** A step of the tour. */
export interface TourStep {
  /** Selectors of the part that the step is about: the first one that the page shows. */
  target: readonly string[];
  title: string;
  text: string;
}

/** The steps of the tour, in order. */
export const tourSteps: readonly TourStep[] = [
  {
    target: ['#figures'],
    title: 'How well it does',
    text: 'The large number is what matters: how much the network gets right that it has never learned from. Beside it is the loss, which training makes smaller.',
  },
  {
    target: ['#charts'],
    title: 'How it learns',
    text: `Each point is a batch of examples. ${pointerText('Drag over a chart to look closer, and double-click to see everything again.', 'Spread two fingers on a chart to look closer; “Show all” brings everything back.')}`,
  },
  {
    target: ['#confusion', '#mistakes'],
    title: 'What it gets wrong',
    text: `Rows are the truth, columns what the network said. ${pointerText('Click', 'Tap')} an orange number to see the images that it mixed up.`,
  },
  {
    target: ['#draw'],
    title: 'Try it yourself',
    text: 'Draw something, and the network of this run reads it as you draw, in your browser.',
  },
  {
    target: ['#probe', '#layers', '#inside'],
    title: 'Look inside',
    text: 'Below are the images drifting apart as the network learns to tell them apart, its layers, and one image on its way through them.',
  },
  {
    target: ['#timeline'],
    title: 'Go back in time',
    text: 'This timeline takes the whole page back to any moment of the run. The button “i” beside a title explains that part; “?” opens the help.',
  },
];
