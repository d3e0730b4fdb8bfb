import { newRunId, type RunSettings, recipeSettings } from '@mnist-monitor/shared';
import {
  applyDefaults,
  flagName,
  type OptionName,
  type Options,
  parseGivenOptions,
} from '@mnist-monitor/shared/options';
import type { InterruptedRun } from './storage/interrupted-runs.ts';
import { type Recipe, recipes } from './training/recipe.ts';

/** The validated configuration of the trainer, from flags and environment variables. */
export interface TrainerConfig extends Pick<Options, (typeof trainerOptions)[number]>, Recipe {
  runId: string;
  /** The gateway's ingest address, for example `ws://127.0.0.1:5001/ingest`. */
  gatewayUrl: string;
  /** Names of the options that a flag or variable has set. */
  givenOptions: OptionName[];
}

/**
 * The options that `TrainerConfig` contains unchanged. Its recipe, run id and gateway address are derived from the other
 * options.
 */
const trainerOptions = [
  'epochs',
  'batchSize',
  'engine',
  'threads',
  'precision',
  'seed',
  'trainSize',
  'testSize',
  'data',
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
 * Returns the given flags that have no effect, because the settings of an interrupted run differ and take precedence.
 */
export function unusedFlags(config: TrainerConfig, { runId, training }: InterruptedRun): string[] {
  const kept: Partial<TrainerConfig> = { ...training, runId };
  const differs = (name: string): boolean =>
    name in kept && config[name as keyof TrainerConfig] !== kept[name as keyof TrainerConfig];
  return config.givenOptions
    .filter((name) => (name === 'recipe' ? recipeSettings.some(differs) : differs(name)))
    .map(flagName);
}

/** Returns the configuration of a new run: this one, changed by a viewer's recipe and then by their other settings. */
export function withSettings(config: TrainerConfig, { recipe, ...settings }: RunSettings): TrainerConfig {
  const set = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { ...config, ...(recipe && recipes[recipe]), ...set, runId: newRunId(new Date()) };
}

/** Returns the chosen recipe, in which settings that have their own flag are replaced. */
function chooseRecipe({ recipe, optimizer, schedule, learningRate, augment }: Options): Recipe {
  const chosen = recipes[recipe];
  return {
    optimizer: optimizer ?? chosen.optimizer,
    schedule: schedule ?? chosen.schedule,
    learningRate: learningRate ?? chosen.learningRate,
    augment: augment ?? chosen.augment,
  };
}
