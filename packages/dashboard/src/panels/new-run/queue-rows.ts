import { eventLimits, type QueuedStart } from '@mnist-monitor/shared/browser';
import { formatCount, formatLearningRate, formatPlural } from '../../state/format.ts';
import { byText } from '../../state/run-words.ts';
import { settingLabels } from '../../state/setting-labels.ts';

/** A row of the queue: a start that waits. */
export interface QueueRow {
  queuedId: string;
  /** The name of the run or, without one, its position in the queue: "Run 3". */
  name: string;
  tags: readonly string[];
  /** The settings of the start, and who added it to the queue. */
  facts: readonly string[];
}

/** Returns the rows of a queue, in the order in which the starts will begin. */
export const queueRows = (queue: readonly QueuedStart[]): QueueRow[] =>
  queue.map(({ queuedId, data, by }, index) => ({
    queuedId,
    name: data.name ?? `Run ${index + 1}`,
    tags: data.tags ?? [],
    facts: [...settingTexts(data), byText(by)].filter(Boolean),
  }));

/** Returns whether no more starts may be added. */
export const isFull = (queue: readonly QueuedStart[]): boolean => queue.length >= eventLimits.queuedStarts;

/** Describes the length of a queue in a sentence. */
export function queueNote(queue: readonly QueuedStart[]): string {
  if (queue.length === 0) return 'The queue is empty.';
  if (isFull(queue))
    return `The queue is full: ${eventLimits.queuedStarts} runs wait. Cancel one to add another.`;
  return `${formatPlural(queue.length, 'run waits', 'runs wait')} for the end of the current run.`;
}

/** Describes the queue in a sentence at the start of the form, whose end lists it. */
export const waitingNote = (queue: readonly QueuedStart[]): string =>
  queue.length === 0
    ? 'The runs in the queue begin after it, one after the other.'
    : `${formatPlural(queue.length, 'run waits', 'runs wait')} for its end in the queue, at the end of this form.`;

function settingTexts(data: QueuedStart['data']): string[] {
  const names = (Object.keys(settingLabels) as (keyof typeof settingLabels)[]).filter(
    (name) => data[name] !== undefined,
  );
  if (names.length === 0) return ['Settings of the trainer'];
  return names.map((name) => `${settingLabels[name]} ${settingText(name, data[name])}`);
}

function settingText(name: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value !== 'number' || name === 'seed') return String(value);
  return name === 'learningRate' ? formatLearningRate(value) : formatCount(value);
}
