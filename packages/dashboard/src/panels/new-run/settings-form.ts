import {
  eventLimits,
  type RecipeName,
  type StartData,
  settingBounds,
  settingChoices,
  settingsOfRecipes,
} from '@mnist-monitor/shared/browser';
import type { RunStartedData } from '../../state/event-data.ts';
import { shorten } from '../../state/format.ts';
import { type SettingName, settingLabels } from '../../state/setting-labels.ts';
import { parseTags } from '../../state/tags.ts';

/** A field of the form for a new run. */
export type SettingField = {
  name: SettingName;
  label: string;
  /** A line about the effect of the setting. */
  help: string;
} & ({ kind: 'number' } | { kind: 'choice'; choices: readonly string[] });

/** The name of a setting that is a number. */
type NumberName = keyof typeof settingBounds;

const helpTexts: Record<SettingName, string> = {
  epochs: 'Passes over the training images.',
  batchSize: 'Images in a step. Larger batches are smoother, and need more memory.',
  learningRate: 'Size of a step, or its peak with one-cycle.',
  recipe: 'The network, and the settings that the other fields do not change.',
  optimizer: 'How steps follow from gradients. Adam and AdamW adapt each weight’s step.',
  schedule: 'One-cycle raises the learning rate, then lowers it towards the end.',
  augment: 'Shifts, turns and scales the images a little, differently in each epoch.',
  engine: 'What computes. Auto takes the first one that works.',
  seed: 'The same seed begins with the same weights and order of images.',
  trainSize: 'The first images of the training set.',
  testSize: 'The first images of the test set.',
};

/** The fields of the form, those changed most often first. */
export const settingFields: readonly SettingField[] = (Object.keys(settingLabels) as SettingName[]).map(
  (name) => {
    const common = { name, label: settingLabels[name], help: helpTexts[name] };
    if (name === 'augment') return { ...common, kind: 'choice', choices: ['on', 'off'] };
    if (name in settingBounds) return { ...common, kind: 'number' };
    return { ...common, kind: 'choice', choices: settingChoices[name as keyof typeof settingChoices] };
  },
);

/** The texts of the fields of a form, by the names of the settings; empty for those that the trainer chooses. */
export type FieldValues = Readonly<Partial<Record<SettingName, string>>>;

/** Returns the values of the fields with the settings of a run; empty where they are unknown or not a choice of the form. */
export function valuesOfRun({ config }: Pick<RunStartedData, 'config'>): FieldValues {
  const values = settingFields.map((field) => {
    const value = String(config[field.name] ?? '');
    const isChoice = field.kind === 'choice';
    return [field.name, isChoice ? (field.choices.find(matchesReported(value)) ?? '') : value] as const;
  });
  return Object.fromEntries(values);
}

/** Returns the values of the fields that a recipe sets. */
export function valuesOfRecipe(recipe: RecipeName): FieldValues {
  const { augment, ...settings } = settingsOfRecipes[recipe];
  const texts = Object.entries(settings).map(([name, value]) => [name, String(value)]);
  return { recipe, augment: augment ? 'on' : 'off', ...Object.fromEntries(texts) };
}

/** Returns a function that recognizes the choice for a reported setting: `sgd` for "SGD with momentum", `on` for true. */
const matchesReported = (reported: string) => {
  const [word = ''] = reported.toLowerCase().split(' ');
  return (choice: string): boolean => choice === ({ true: 'on', false: 'off' }[word] ?? word);
};

/** Numbers without points, between which a comma may mean decimals: "0,01". */
const decimalComma = /^\d+(?:,\d+)+(?:e[+-]?\d+)?$/i;
/** Numbers between which a comma may separate thousands: "60,000". */
const thousandsComma = /^[1-9]\d{0,2}(?:,\d{3})+$/;

/**
 * Returns the numbers of a field, which its text separates by semicolons, spaces or commas. Beside semicolons, a comma between digits
 * means decimals.
 * @returns The numbers as texts; an error where a comma may mean something else.
 */
function numbersIn(name: NumberName, text: string): string[] | (FormError & { name: NumberName }) {
  const parts = text.split(/[\s;]+|,(?=[\s;]|$)/).filter(Boolean);
  const isDecimal = (part: string): boolean =>
    !isInteger(name) && text.includes(';') && decimalComma.test(part);
  const [unclear, example] = isInteger(name) ? [thousandsComma, '60000'] : [decimalComma, '0.01'];
  const wrong = parts.find((part) => unclear.test(part) && !isDecimal(part));
  if (wrong === undefined)
    return parts.flatMap((part) =>
      isDecimal(part) ? part.replace(',', '.') : part.split(',').filter(Boolean),
    );
  const expected = `expected numbers such as ${example}, separated by semicolons`;
  return { name, text: `${settingLabels[name]}: ${expected}, got “${wrong.slice(0, 40)}”.` };
}

/** An error in a form, and the name of its field; null for the whole form. */
export interface FormError {
  text: string;
  name: string | null;
}

/** The starts of a filled form, and the setting in which they differ; null for a single start. */
export interface FormStarts {
  starts: readonly StartData[];
  varied: NumberName | null;
}

/**
 * Returns the starts of a form: one or, if the field of a number has a list, one for each number of it. Empty fields are left out, and
 * the trainer chooses their values. The starts of a list are named by their number, and all have the tag `listTag`.
 */
export function startsOf(
  filled: ReadonlyMap<string, string>,
  listTag: string,
): FormStarts | (FormError & { name: NumberName }) {
  const varied: NumberName[] = [];
  const lists = new Map<NumberName, readonly number[]>();
  for (const name of Object.keys(settingBounds) as NumberName[]) {
    const texts = numbersIn(name, filled.get(name) ?? '');
    if (!Array.isArray(texts)) return texts;
    const wrong = texts.find((text) => !isInBounds(name, text));
    if (wrong !== undefined) return { name, text: boundsText(name, wrong) };
    const numbers = [...new Set(texts.map(Number))];
    if (numbers.length > 0) lists.set(name, numbers);
    if (numbers.length > 1) varied.push(name);
  }
  const [first, second] = varied;
  if (second !== undefined)
    return {
      name: second,
      text: `Only one field may have a list: ${settingLabels[first as NumberName]} has one already.`,
    };
  const numbers = Object.fromEntries([...lists].map(([name, [number]]) => [name, number]));
  const base: StartData = { ...textsOf(filled), ...numbers };
  if (first === undefined) return { starts: [base], varied: null };
  const list = lists.get(first) ?? [];
  if (list.length > eventLimits.queuedStarts)
    return {
      name: first,
      text: `${settingLabels[first]}: expected at most ${eventLimits.queuedStarts} numbers, got ${list.length}.`,
    };
  const starts = list.map((number): StartData => {
    const label = `${settingLabels[first].toLowerCase()} ${number}`;
    return {
      ...base,
      [first]: number,
      name: listName(base.name, label),
      tags: [...new Set([...(base.tags ?? []), listTag])],
    };
  });
  return { starts, varied: first };
}

/** Returns the name of a run of a list. A name that leaves no room for the label loses its end, not the label. */
function listName(name: string | undefined, label: string): string {
  if (name === undefined) return label;
  return `${shorten(name, eventLimits.runName - label.length - 2)}, ${label}`;
}

/** Returns the starts of a form without its fields that have an error. */
export function readableStarts(filled: ReadonlyMap<string, string>): FormStarts {
  const form = startsOf(filled, '');
  if ('starts' in form) return form;
  return readableStarts(new Map([...filled].filter(([name]) => name !== form.name)));
}

function textsOf(filled: ReadonlyMap<string, string>): StartData {
  const given = [...filled].filter(([name, text]) => text.trim() !== '' && !(name in settingBounds));
  return Object.fromEntries(given.map(([name, text]) => [name, dataValueOf(name, text)]));
}

function dataValueOf(name: string, text: string): unknown {
  if (name === 'tags') return parseTags(text);
  return name === 'augment' ? text === 'on' : text.trim();
}

function isInBounds(name: NumberName, text: string): boolean {
  const [min, max] = settingBounds[name];
  const number = Number(text);
  return number >= min && number <= max && (!isInteger(name) || Number.isInteger(number));
}

const isInteger = (name: NumberName): boolean => name !== 'learningRate';

function boundsText(name: NumberName, text: string): string {
  const [min, max] = settingBounds[name];
  const kind = isInteger(name) ? 'a whole number' : 'a number';
  return `${settingLabels[name]}: expected ${kind} from ${min} to ${max}, got “${text.slice(0, 40)}”.`;
}

const fieldLabels: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...settingLabels, name: 'Name', tags: 'Tags' }),
);

/**
 * Replaces the setting at the start of an error by the label of its field. The trainer names a setting by its flag, the gateway by
 * its path in the command: "--train-size: …" becomes "Training images: …", and "data.tags.0: …" becomes "Tags: …".
 * @returns The text, and the name of the field; null when the error is not about a field.
 */
export function parseSettingError(message: string): FormError {
  const [start, setting = ''] = /^(?:--|data\.)([a-z-]+)(?:\.\d+)?: /i.exec(message) ?? [];
  const name = setting.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const label = fieldLabels.get(name);
  if (start === undefined || label === undefined) return { text: message, name: null };
  return { text: `${label}: ${message.slice(start.length)}`, name };
}
