import { type RunSettings, type RunStarted, settingBounds, settingChoices } from '@mnist-monitor/shared';

/** One field of the form for a new run. */
export type SettingField = {
  name: keyof RunSettings;
  label: string;
  /** What holds when it is left empty, as far as it is known. */
  hint: string;
} & (
  | { kind: 'number'; min: number; max: number; whole: boolean }
  | { kind: 'choice'; choices: readonly string[] }
);

const labels: Record<keyof RunSettings, string> = {
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
export function settingFields(last: RunStarted | null): SettingField[] {
  const config = last?.config;
  return (Object.keys(labels) as (keyof RunSettings)[]).map((name): SettingField => {
    const before = config && name in config ? String(config[name as keyof typeof config]) : '';
    const common = { name, label: labels[name], hint: before };
    if (name === 'augment') return { ...common, kind: 'choice', choices: ['on', 'off'] };
    if (name in settingChoices)
      return { ...common, kind: 'choice', choices: settingChoices[name as keyof typeof settingChoices] };
    const [min, max] = settingBounds[name as keyof typeof settingBounds];
    return { ...common, kind: 'number', min, max, whole: name !== 'learningRate' };
  });
}

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
