import { newRunId, recipeSettings, type StartData } from '@mnist-monitor/shared';
import {
  applyDefaults,
  flagName,
  type OptionName,
  type Options,
  parseGivenOptions,
} from '@mnist-monitor/shared/options';
import { type Recipe, recipes } from './recipe.ts';
import type { InterruptedRun } from './storage/interrupted-runs.ts';

/** The validated configuration of the trainer, from flags and environment variables. */
export interface TrainerConfig extends Pick<Options, (typeof trainerOptions)[number]>, Recipe {
  runId: string;
  /** The gateway's ingest address, for example `ws://127.0.0.1:5001/ingest`. */
  gatewayUrl: string;
  /** Names of the classes with which a resumed run was started; undefined for a new run. */
  classNames?: readonly string[];
  /** Names of the options that a flag or variable has set. */
  givenOptions: OptionName[];
}

/**
 * The options that `TrainerConfig` contains unchanged. Its recipe settings, `runId` and `gatewayUrl` are computed from other
 * options.
 */
const trainerOptions = [
  'recipe',
  'engine',
  'threads',
  'precision',
  'seed',
  'inside',
  'trainSize',
  'testSize',
  'data',
  'classes',
  'name',
  'tag',
  'runs',
  'token',
  'reportInterval',
  'resume',
  'wait',
  'once',
  'heartbeat',
] as const satisfies (keyof Options)[];

/** Reads flags and environment variables. @throws MonitorError `option.invalid` with one line per error. */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): TrainerConfig {
  const given = parseGivenOptions(argv, env);
  const options = applyDefaults(given);
  const unchanged = Object.fromEntries(trainerOptions.map((name) => [name, options[name]])) as Pick<
    Options,
    (typeof trainerOptions)[number]
  >;
  return {
    ...unchanged,
    ...chooseRecipe(options),
    runId: options.runId ?? newRunId(new Date()),
    givenOptions: Object.keys(given) as OptionName[],
    gatewayUrl: options.gateway ?? `ws://127.0.0.1:${options.ingestPort}/ingest`,
  };
}

/**
 * Returns the flags of the given options that have no effect, because an interrupted run keeps other values. An option that an
 * environment variable has set is named by its flag too.
 */
export function unusedFlags(config: TrainerConfig, { runId, settings }: InterruptedRun): string[] {
  const kept: Partial<TrainerConfig> = { ...settings, runId };
  const differs = (name: string): boolean =>
    name in kept && String(config[name as keyof TrainerConfig]) !== String(kept[name as keyof TrainerConfig]);
  return config.givenOptions
    .filter((name) => (name === 'recipe' ? ['network', ...recipeSettings].some(differs) : differs(name)))
    .map(flagName);
}

/** Returns `config` for a new run, changed by the recipe that a viewer has chosen, and then by the viewer's other settings. */
export function withSettings(
  config: TrainerConfig,
  { recipe, name, tags, ...settings }: StartData,
): TrainerConfig {
  const set = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  // The flag --name names the first run; --tag describes every run of this trainer that has no tags of its own.
  const fresh = { name, tag: tags ?? config.tag, runId: newRunId(new Date()) };
  return { ...config, ...(recipe && { recipe, ...recipes[recipe] }), ...set, ...fresh };
}

/** Returns the settings of the chosen recipe; an option for a single setting overrides the recipe. */
function chooseRecipe(options: Options): Recipe {
  const given = recipeSettings.filter((name) => options[name] !== undefined);
  return { ...recipes[options.recipe], ...Object.fromEntries(given.map((name) => [name, options[name]])) };
}
