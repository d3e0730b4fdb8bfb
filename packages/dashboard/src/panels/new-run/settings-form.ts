import { type StartData, settingBounds, settingChoices } from '@mnist-monitor/shared/browser';
import type { RunStartedData } from '../../state/event-data.ts';
import { type SettingName, settingLabels } from '../../state/setting-labels.ts';
import { parseTags } from '../../state/tags.ts';

/** A field of the form for a new run. */
export type SettingField = {
  name: SettingName;
  label: string;
  /** Value in the run shown; empty where it is unknown or not a choice of the form. */
  value: string;
} & (
  | { kind: 'number'; min: number; max: number; whole: boolean }
  | { kind: 'choice'; choices: readonly string[] }
);

/** Returns the fields, those changed most often first, filled with the settings of the run shown. */
export function settingFields(shown: RunStartedData | null): SettingField[] {
  const config = new Map<string, unknown>(Object.entries(shown?.config ?? {}));
  return (Object.keys(settingLabels) as SettingName[]).map((name): SettingField => {
    const common = { name, label: settingLabels[name] };
    const value = String(config.get(name) ?? '');
    if (name === 'augment' || name in settingChoices) {
      const choices: readonly string[] =
        name === 'augment' ? ['on', 'off'] : settingChoices[name as keyof typeof settingChoices];
      return { ...common, kind: 'choice', choices, value: choices.find(matchesReported(value)) ?? '' };
    }
    const [min, max] = settingBounds[name as keyof typeof settingBounds];
    return { ...common, kind: 'number', min, max, whole: name !== 'learningRate', value };
  });
}

/** Returns a function that recognizes the choice for a reported setting: `sgd` for "SGD with momentum", `on` for true. */
const matchesReported = (reported: string) => {
  const [word = ''] = reported.toLowerCase().split(' ');
  return (choice: string): boolean => choice === ({ true: 'on', false: 'off' }[word] ?? word);
};

/** Returns the data of a filled form without its empty fields, whose values the trainer chooses. */
export function startDataOf(filled: Iterable<readonly [name: string, value: unknown]>): StartData {
  const given = [...filled].filter(([, value]) => typeof value === 'string' && value.trim() !== '');
  return Object.fromEntries(given.map(([name, value]) => [name, dataValueOf(name, String(value))]));
}

function dataValueOf(name: string, text: string): unknown {
  if (name === 'name') return text.trim();
  if (name === 'tags') return parseTags(text);
  if (name === 'augment') return text === 'on';
  return name in settingBounds ? Number(text) : text;
}

const fieldLabels: Record<string, string> = { ...settingLabels, name: 'Name', tags: 'Tags' };

/**
 * Replaces the setting at the start of an error by the label of its field. The trainer names a setting by its flag, the gateway by
 * its path in the command: "--train-size: …" becomes "Training images: …", and "data.tags.0: …" becomes "Tags: …".
 * @returns The text, and the name of the field; null when the error is not about a field.
 */
export function parseSettingError(message: string): { text: string; name: string | null } {
  const [start, setting = ''] = /^(?:--|data\.)([a-z-]+)(?:\.\d+)?: /i.exec(message) ?? [];
  const name = setting.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const label = fieldLabels[name];
  if (start === undefined || label === undefined) return { text: message, name: null };
  return { text: `${label}: ${message.slice(start.length)}`, name };
}
