import { type StartData, secondsOf } from '@mnist-monitor/shared/browser';
import type { RunSummary } from '../../state/event-data.ts';
import { formatCount, formatDuration, shorten } from '../../state/format.ts';
import { displayName } from '../../state/run-summaries.ts';

/**
 * Training times from which a run that has ended, and one that still trains, show their speed. The first batches of a run are far slower
 * than the rest, because the engine is preparing; a short run contains them, too, and so does another one like it.
 */
const [enoughSeconds, enoughSecondsInTraining] = [2, 10];
/** Number of characters that the name of a run has in the estimate. */
const nameLimit = 40;
/** Training time from which an estimate is a warning: half a day is longer than most people want to wait. */
const longSeconds = 12 * 3_600;
/** Factor up to which batch sizes are so alike that the speed is too. */
const similarBatches = 2;

/** The speed of an earlier run, with what it was measured on. */
interface MeasuredSpeed {
  run: RunSummary;
  secondsPerImage: number;
  trainSize: number;
  epochs: number;
  batchSize: number;
}

/** Returns how fast a run trained; undefined when it does not report what this takes. */
function speedOf(run: RunSummary): MeasuredSpeed | undefined {
  const { epochs, batchSize, trainSize } = run.started?.config ?? {};
  const seconds = secondsOf(run);
  const steps = run.batch?.step;
  const enough = run.finished ? enoughSeconds : enoughSecondsInTraining;
  if (!epochs || !batchSize || !trainSize || !steps || seconds === null || seconds < enough) return undefined;
  const passes = steps / Math.ceil(trainSize / batchSize);
  return { run, secondsPerImage: seconds / (passes * trainSize), trainSize, epochs, batchSize };
}

/** The estimated training time of a form as a text, and whether it is so long that the text is a warning. */
export interface Estimate {
  text: string;
  isLong: boolean;
}

/**
 * Estimates how long the starts of a form take, at the speed of the latest run with the same network on the same engine and with a
 * similar batch size.
 * @param runs Earlier runs, the newest first.
 */
export function estimateOf(starts: readonly StartData[], runs: readonly RunSummary[]): Estimate {
  const speeds = runs.flatMap((run) => speedOf(run) ?? []);
  const chosen = starts.map((start) => ({ start, speed: speeds.find((speed) => isAlike(start, speed)) }));
  const [first] = chosen;
  if (!first) return { text: '', isLong: false };
  if (!first.speed || chosen.some(({ speed }) => !speed))
    return {
      text: 'No estimate yet: no run with this network, engine and batch size has been measured.',
      isLong: false,
    };
  const seconds = chosen.reduce(
    (sum, { start, speed }) =>
      sum +
      (speed?.secondsPerImage ?? 0) *
        (start.epochs ?? speed?.epochs ?? 0) *
        (start.trainSize ?? speed?.trainSize ?? 0),
    0,
  );
  const perSecond = formatCount(Math.round(1 / first.speed.secondsPerImage));
  const count = starts.length > 1 ? ` for ${starts.length} runs` : '';
  return {
    text: `About ${formatDuration(seconds)}${count}, at the speed of ${shorten(displayName(first.speed.run), nameLimit)}: ${perSecond} images per second with its tests.`,
    isLong: seconds >= longSeconds,
  };
}

function isAlike(start: StartData, { run, batchSize }: MeasuredSpeed): boolean {
  const { config, device } = run.started ?? {};
  const isSprint = (recipe: unknown): boolean => recipe === 'sprint';
  const ratio = (start.batchSize ?? batchSize) / batchSize;
  // A field that is empty leaves the choice to the trainer, which has chosen the engine of its earlier runs too.
  const hasEngine = [undefined, config?.engine ?? 'auto', device?.engine].includes(start.engine);
  // Runs of other programs have no recipe.
  const hasNetwork = config?.recipe !== undefined && isSprint(config.recipe) === isSprint(start.recipe);
  return hasEngine && hasNetwork && ratio <= similarBatches && ratio >= 1 / similarBatches;
}
