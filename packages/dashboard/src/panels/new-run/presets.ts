import type { RunStartedData } from '../../state/event-data.ts';
import { type FieldValues, settingFields, valuesOfRecipe, valuesOfRun } from './settings-form.ts';

/** A set of values for the whole form. */
export interface Preset {
  id: string;
  label: string;
  help: string;
  values: FieldValues;
}

/** Returns the presets, the first of which fills the form when it opens. */
export function presetsFor(shown: RunStartedData | null): Preset[] {
  const common: Preset[] = [
    {
      ...{ id: 'default', label: 'Default', values: valuesOfRecipe('default') },
      help: 'The original network for ten epochs: about 99.3\u00a0% on MNIST.',
    },
    {
      ...{ id: 'quick', label: 'Quick look' },
      values: { ...valuesOfRecipe('default'), epochs: '1', trainSize: '2048', testSize: '1000' },
      help: 'One epoch on 2,048 images, to see how everything works.',
    },
    {
      ...{ id: 'sprint', label: 'Sprint', values: valuesOfRecipe('sprint') },
      help: 'A small network: 99.1\u00a0% on MNIST after two epochs.',
    },
    {
      ...{ id: 'best', label: 'Best', values: valuesOfRecipe('best') },
      help: 'The most accurate: 99.6\u00a0% on MNIST after ten epochs.',
    },
  ];
  const values = shown && valuesOfRun(shown);
  if (!values || Object.values(values).every((value) => value === '')) return common;
  const again: Preset = {
    ...{ id: 'again', label: 'As this run', values },
    help: 'The settings of the run on display, to change one.',
  };
  return [again, ...common];
}

/** Returns the preset whose values are those of the form; undefined when the viewer has changed one. */
export const presetOf = (
  presets: readonly Preset[],
  filled: ReadonlyMap<string, string>,
): Preset | undefined =>
  presets.find(({ values }) =>
    settingFields.every(({ name }) => (values[name] ?? '') === (filled.get(name) ?? '').trim()),
  );
