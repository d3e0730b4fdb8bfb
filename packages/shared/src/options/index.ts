export { closestMatch } from './closest-match.ts';
export { isHelpRequested, readVersion, requestedUsage } from './command-line.ts';
export * from './help.ts';
export { flagName } from './option-names.ts';
export { type OptionName, type Options, optionTable } from './option-table.ts';
export * from './parse-options.ts';
export type { RetentionPolicy } from './retention.ts';
