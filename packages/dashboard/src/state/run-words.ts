import type { RunStartedData } from './event-data.ts';
import { countsEpochs, type Run } from './run.ts';

/** The settings that all runs of this project's trainer announce, and all runs of version 1 of the protocol. */
const trainerSettings = ['epochs', 'batchSize', 'learningRate', 'optimizer', 'schedule', 'augment'] as const;

/**
 * Returns whether a run has announced everything that this project's trainer announces. It will probably send data for
 * every panel, so the page shows them all before their first values arrive.
 */
export function announcesEverything(started: RunStartedData | null | undefined): boolean {
  if (!started) return false;
  const { config, dataset, totals } = started;
  const hasSettings = trainerSettings.every((name) => config[name] !== null && config[name] !== undefined);
  return hasSettings && Boolean(dataset?.classes && totals?.steps && totals.batchesPerEpoch);
}

/**
 * Returns whether panels are shown before their values arrive: before the first event, and in a run that announces everything.
 * A run that begins without `run.started` announces nothing.
 */
export const awaitsEverything = (run: Run | null | undefined): boolean =>
  !run || run.eventCount === 0 || announcesEverything(run.started);

/** Returns what a step processes, in the plural: the unit that the run declares, or images if it announces everything. */
const declaredUnit = (started: RunStartedData | null | undefined): string | undefined =>
  started?.unit ?? (announcesEverything(started) ? 'images' : undefined);

/** Returns what a step processes, in the plural: `samples` when that is not known. */
export const unitOf = (started: RunStartedData | null | undefined): string =>
  declaredUnit(started) ?? 'samples';

/** Returns the unit of the speed: "images per second"; "per second" when it is not known what a step processes. */
export const speedUnitOf = (started: RunStartedData | null | undefined): string =>
  [declaredUnit(started), 'per second'].filter(Boolean).join(' ');

/** Loss units that are followed by "per image" or the like; others, such as `squared error`, stand alone. */
const informationUnits: readonly string[] = ['nats', 'bits'];

/** Returns the unit of the losses: "nats per image", "squared error"; empty when it is not known. */
export function lossUnitOf(started: RunStartedData | null | undefined): string {
  const lossUnit = started?.lossUnit ?? (started?.dataset?.classes ? 'nats' : '');
  return informationUnits.includes(lossUnit) ? `${lossUnit} per ${singular(unitOf(started))}` : lossUnit;
}

/** Returns the singular of an English plural: "image" for "images", "batch" for "batches". */
export function singular(plural: string): string {
  if (/[^aeiou]ies$/.test(plural)) return `${plural.slice(0, -3)}y`;
  if (/(?:ch|sh|ss|x)es$/.test(plural)) return plural.slice(0, -2);
  return /[^s]s$/.test(plural) ? plural.slice(0, -1) : plural;
}

/** The word for a step of a run: `batch` where the run counts batches, `epoch` where its steps are epochs, and `step` otherwise. */
export type StepWord = 'batch' | 'step' | 'epoch';

/** Returns the word for a step of a run. */
export function stepWordOf(run: Run | null | undefined): StepWord {
  if (!run || (!run.batch && !run.byEpoch))
    return run?.started && !announcesEverything(run.started) ? 'step' : 'batch';
  if (run.byEpoch) return countsEpochs(run) ? 'epoch' : 'step';
  return typeof run.batch?.batch === 'number' ? 'batch' : 'step';
}

/** Returns what a viewer draws for the network of a run, by the names of its classes: a digit, a character or a picture. */
export function drawnThing(run: Pick<Run, 'started'> | null | undefined): string {
  const classes = run?.started?.dataset?.classes;
  if (!classes) return run?.started ? 'a picture' : 'a digit';
  if (classes.every((name) => /^\d$/.test(name))) return 'a digit';
  return classes.every((name) => name.length === 1) ? 'a character' : 'a picture';
}

/** Returns who gave a command: a viewer of the page, an assistant, or a program by its name; empty when not known. */
export function byText(by: string | null | undefined): string {
  if (!by) return '';
  if (by === 'page') return 'by a viewer of this page';
  return by === 'assistant' ? 'by an assistant' : `by ${by}`;
}
