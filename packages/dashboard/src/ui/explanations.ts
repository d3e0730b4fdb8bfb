import { classCountOf } from '../state/chart-specs.ts';
import { formatLoss, formatPercent } from '../state/format.ts';
import type { Run } from '../state/run.ts';

/** The parts of the page that are explained, in their order on the page, with the name of each. */
export const explainedNames = {
  test: 'Test accuracy',
  loss: 'Loss',
  accuracy: 'Accuracy',
  rate: 'Learning rate',
  speed: 'Speed',
  machine: 'Machine',
  metrics: 'Custom metrics',
  compare: 'Comparison',
  figures: 'Figures',
  confusion: 'Confusion matrix',
  samples: 'Sample predictions',
  misread: 'Hardest test images',
  calibration: 'Calibration',
  draw: 'Draw',
  probe: 'Test images, drifting apart',
  examine: 'One image inside the network',
  layers: 'Layers',
  architecture: 'Architecture',
  epochs: 'Epochs',
  settings: 'Settings',
  notices: 'Notices',
  system: 'System',
} as const;

export type Explained = keyof typeof explainedNames;

/**
 * Returns what a part of the page shows, in two sentences.
 * @param classCount Number of classes of the run; undefined when it has none.
 */
export function explanation(part: Explained, classCount: number | undefined): string {
  const guessedLoss = classCount ? `; ${formatLoss(Math.log(classCount))} is guessing` : '';
  const guessedShare = classCount ? ` Guessing gives ${formatPercent(1 / classCount, 0)}.` : '';
  const texts: Record<Explained, string> = {
    test: `The share of the test images that the network classifies correctly; it never learns from them.${guessedShare}`,
    loss: `How surprised the network was by the right answers. 0 is certain and right${guessedLoss}.`,
    accuracy: `The share that the network gets right: of each batch it learns from, and of all test images after each epoch.${guessedShare}`,
    rate: 'How far each step moves the weights. Too large, and the loss jumps or becomes NaN; too small, and learning takes for ever.',
    speed: 'How much the network learns from each second. It falls while the machine does other work.',
    machine:
      'How busy the processors are and how full the memory is. A GPU far below 100 % waits for its data.',
    metrics:
      'Values that the program of this run reports beside loss and accuracy. Search for a word in their names.',
    compare:
      'The runs that the charts draw together, with their results and settings. Choose them in the list of runs.',
    figures: 'Pictures and tables that the program of this run has sent. The latest ones are shown.',
    confusion:
      'Each row is a true class, and each column what the network took its images for. Right answers are on the diagonal; every other number counts mistakes.',
    samples:
      'Test images with what the network takes them for, the surest mistakes first. The bars are its probabilities; the true class is underlined.',
    misread:
      'The test images that the epochs got wrong most often. Some of them puzzle people, too, and some are labelled wrongly.',
    calibration:
      'Whether the network is right as often as it is sure: of the answers with 80 % confidence, 80 % should be right. Below the dashed line, it is too sure of itself.',
    draw: 'Your drawing is shrunk and centred like the images that the network has learned from. The network runs in your browser, and nothing is sent.',
    probe:
      'The outputs of the network for the same test images during the whole run, before they become probabilities. At first all images are in the middle; then each class finds its own direction.',
    examine:
      'Follow one image through the network: how each moment of the run read it, and which pixels the answer rests on. Below are the patterns that each layer finds in it.',
    layers:
      'How much a step changes the weights of each layer. Far below the band, a layer no longer learns; far above it, a step destroys what the layer has learned.',
    architecture:
      'The layers that an image passes through, from its pixels to one number for each class. Convolutions find small patterns, pooling shrinks the picture, and dense layers combine what was found.',
    epochs:
      'An epoch is one pass over all training data, with a test after it. When the training values get better and the test values worse, the network learns by heart.',
    settings: 'What the run was started with. “New run” starts another one with other settings.',
    notices:
      'What the trainer has reported and what this page has noticed, the latest first. Each leads to its place on the charts.',
    system:
      'The device that trains, how busy the machine is, and how the events reach this page. The delay is the time from the trainer to your screen.',
  };
  return texts[part];
}

/** Returns the explanations of the parts that the page may show for a run. */
export function explanationsOf(run: Pick<Run, 'started'> | null): { name: string; text: string }[] {
  const classCount = classCountOf(run);
  return (Object.keys(explainedNames) as Explained[]).map((part) => ({
    name: explainedNames[part],
    text: explanation(part, classCount),
  }));
}
