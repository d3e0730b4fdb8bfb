import { type OptionName, optionTable } from './option-table.ts';

export const variablePrefix = 'MONITOR_';

const toKebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Returns the flag of an option: `--batch-size` for `batchSize`. */
export const flagName = (name: string): string => `--${toKebabCase(name)}`;

/** Returns the environment variable of an option: `MONITOR_BATCH_SIZE` for `batchSize`. */
const variableName = (name: string): string =>
  variablePrefix + toKebabCase(name).replaceAll('-', '_').toUpperCase();

const names = Object.keys(optionTable) as OptionName[];
export const optionsByFlag: ReadonlyMap<string, OptionName> = new Map(
  names.map((name) => [flagName(name), name]),
);
export const optionsByVariable: ReadonlyMap<string, OptionName> = new Map(
  names.map((name) => [variableName(name), name]),
);
