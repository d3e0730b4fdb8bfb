import { type RunSettings, settingBounds, settingChoices } from '@mnist-monitor/shared/browser';
import type { RunStartedData } from '../../state/event-data.ts';

type SettingName = keyof RunSettings;

/** A field of the form for a new run. */
export type SettingField = {
  name: SettingName;
  label: string;
  /** Value of the previous run; empty where it is unknown or not a choice of the form. */
  value: string;
} & (
  | { kind: 'number'; min: number; max: number; whole: boolean }
  | { kind: 'choice'; choices: readonly string[] }
);

const labels: Record<SettingName, string> = {
  epochs: 'Epochs',
  batchSize: 'Batch size',
  learningRate: 'Learning rate',
  recipe: 'Recipe',
  optimizer: 'Optimizer',
  schedule: 'Schedule',
  augment: 'Augment images',
  engine: 'Engine',
  seed: 'Seed',
  trainSize: 'Training images',
  testSize: 'Test images',
};

/** Returns the fields, those changed most often first, filled with the settings of the previous run. */
export function settingFields(last: RunStartedData | null): SettingField[] {
  const previous = new Map<string, unknown>(Object.entries(last?.config ?? {}));
  return (Object.keys(labels) as SettingName[]).map((name): SettingField => {
    const common = { name, label: labels[name] };
    const value = String(previous.get(name) ?? '');
    if (name === 'augment' || name in settingChoices) {
      const choices: readonly string[] =
        name === 'augment' ? ['on', 'off'] : settingChoices[name as keyof typeof settingChoices];
      return { ...common, kind: 'choice', choices, value: choices.find(matchesReported(value)) ?? '' };
    }
    const [min, max] = settingBounds[name as keyof typeof settingBounds];
    return { ...common, kind: 'number', min, max, whole: name !== 'learningRate', value };
  });
}

/** Returns a predicate for the choice that a run reports: `sgd` for "SGD with momentum", `on` for true. */
const matchesReported = (reported: string) => {
  const [word = ''] = reported.toLowerCase().split(' ');
  return (choice: string): boolean => choice === ({ true: 'on', false: 'off' }[word] ?? word);
};

/** Returns the settings of a filled form, without those of empty fields, which the trainer chooses. */
export function settingsOf(filled: Iterable<readonly [name: string, value: unknown]>): RunSettings {
  const given = [...filled].filter(([, value]) => value !== '' && typeof value === 'string');
  return Object.fromEntries(
    given.map(([name, value]) => {
      if (name === 'augment') return [name, value === 'on'];
      return [name, name in settingBounds ? Number(value) : value];
    }),
  );
}

/**
 * Replaces the flag in an error by the label of its field: "--train-size: …" becomes "Training images: …".
 * @returns The text, and the name of the field; null when the error is not about a field.
 */
export function parseSettingError(message: string): { text: string; name: SettingName | null } {
  const [start, flag = ''] = /^(?:--|data\.)([a-z-]+): /i.exec(message) ?? [];
  const name = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (start === undefined || !(name in labels)) return { text: message, name: null };
  const known = name as SettingName;
  return { text: `${labels[known]}: ${message.slice(start.length)}`, name: known };
}
