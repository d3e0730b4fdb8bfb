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

/** Everything the trainer is told from outside, checked. */
export interface TrainerConfig extends Pick<Options, (typeof taken)[number]>, Recipe {
  runId: string;
  gatewayUrl: string;
  /** What was said, by flag or variable, and is no default. */
  given: OptionName[];
}

/** The options that concern training; the others are the gateway's. */
const taken = [
  'epochs',
  'batchSize',
  'engine',
  'threads',
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

/** @throws MonitorError `option.invalid` with one line per mistake. */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): TrainerConfig {
  const given = parseGivenOptions(argv, env);
  const options = applyDefaults(given);
  const own = Object.fromEntries(taken.map((name) => [name, options[name]])) as Pick<
    Options,
    (typeof taken)[number]
  >;
  return {
    ...own,
    ...chooseRecipe(options),
    runId: options.runId ?? newRunId(new Date()),
    given: Object.keys(given) as OptionName[],
    gatewayUrl: options.gateway ?? `ws://127.0.0.1:${options.ingestPort}/ingest`,
  };
}

/** Flags that were given and say otherwise than what a run that goes on was begun with: that holds. */
export function unusedFlags(config: TrainerConfig, { runId, training }: InterruptedRun): string[] {
  const kept: Partial<TrainerConfig> = { ...training, runId };
  const differs = (name: string): boolean =>
    name in kept && config[name as keyof TrainerConfig] !== kept[name as keyof TrainerConfig];
  return config.given
    .filter((name) => (name === 'recipe' ? recipeSettings.some(differs) : differs(name)))
    .map(flagName);
}

/** The configuration of another run: as the trainer was told, but for what is set. A recipe sets all its parts. */
export function withSettings(config: TrainerConfig, { recipe, ...settings }: RunSettings): TrainerConfig {
  const set = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { ...config, ...(recipe && recipes[recipe]), ...set, runId: newRunId(new Date()) };
}

/** The recipe asked for, with the parts that have a flag of their own changed. */
function chooseRecipe({ recipe, optimizer, schedule, learningRate, augment }: Options): Recipe {
  const chosen = recipes[recipe];
  return {
    optimizer: optimizer ?? chosen.optimizer,
    schedule: schedule ?? chosen.schedule,
    learningRate: learningRate ?? chosen.learningRate,
    augment: augment ?? chosen.augment,
  };
}
