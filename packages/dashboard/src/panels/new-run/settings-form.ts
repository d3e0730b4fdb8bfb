import {
  type RunSettings,
  type RunStartedData,
  settingBounds,
  settingChoices,
} from '@mnist-monitor/shared/browser';

type SettingName = keyof RunSettings;

/** One field of the form for a new run. */
export type SettingField = {
  name: SettingName;
  label: string;
  /** What it is filled with: as in the run before; empty where that is not known or cannot be asked for. */
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
  augment: 'Move images',
  engine: 'Engine',
  seed: 'Seed',
  trainSize: 'Training images',
  testSize: 'Test images',
};

/** The fields, those that are changed most first; `last` is the run before. */
export function settingFields(last: RunStartedData | null): SettingField[] {
  const before = new Map<string, unknown>(Object.entries(last?.config ?? {}));
  return (Object.keys(labels) as SettingName[]).map((name): SettingField => {
    const common = { name, label: labels[name] };
    const value = String(before.get(name) ?? '');
    if (name === 'augment' || name in settingChoices) {
      const choices: readonly string[] =
        name === 'augment' ? ['on', 'off'] : settingChoices[name as keyof typeof settingChoices];
      return { ...common, kind: 'choice', choices, value: choices.find(isToldAs(value)) ?? '' };
    }
    const [min, max] = settingBounds[name as keyof typeof settingBounds];
    return { ...common, kind: 'number', min, max, whole: name !== 'learningRate', value };
  });
}

/** A run tells more than the choice: "SGD with momentum" of `sgd`, true of `on`. */
const isToldAs = (told: string) => {
  const [word = ''] = told.toLowerCase().split(' ');
  return (choice: string): boolean => choice === ({ true: 'on', false: 'off' }[word] ?? word);
};

/** The settings that a filled form asks for: what is empty is left to the trainer. */
export function settingsOf(filled: Iterable<readonly [name: string, value: unknown]>): RunSettings {
  const given = [...filled].filter(([, value]) => value !== '' && typeof value === 'string');
  return Object.fromEntries(
    given.map(([name, value]) => {
      if (name === 'augment') return [name, value === 'on'];
      return [name, name in settingBounds ? Number(value) : value];
    }),
  );
}

/** A refusal in the words of the form, and the field that it is about: "--train-size: …" is of "Training images". */
export function refusalOf(complaint: string): { text: string; name: SettingName | null } {
  const [start, flag = ''] = /^(?:--|data\.)([a-z-]+): /i.exec(complaint) ?? [];
  const name = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (start === undefined || !(name in labels)) return { text: complaint, name: null };
  const known = name as SettingName;
  return { text: `${labels[known]}: ${complaint.slice(start.length)}`, name: known };
}
