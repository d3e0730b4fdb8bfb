import { z } from 'zod';
import { parseSafetensors, safetensors } from '../export/safetensors.ts';
import type { LearnerState, NamedValues } from '../learner/learner.ts';
import type { RunFolder } from './run-folder.ts';

/** Where a run stood at the end of an epoch: enough to go on as if nothing had happened. */
export interface Checkpoint {
  /** Epochs done. */
  epoch: number;
  elapsedSeconds: number;
  /** The constant rate, or the peak of the schedule, that was set by then. */
  learningRate: number;
  state: LearnerState;
}

const file = 'checkpoint/last.safetensors';
const place = z.object({
  epoch: z.coerce.number().int().positive(),
  elapsedSeconds: z.coerce.number().nonnegative(),
  learningRate: z.coerce.number().positive(),
});

/** Writes the checkpoint, over the one before, in one file: it is whole or it is the old one. */
export function writeCheckpoint(folder: RunFolder, { state, ...place }: Checkpoint): void {
  const metadata = Object.fromEntries(Object.entries(place).map(([name, value]) => [name, String(value)]));
  const tensors = Object.entries(state).flatMap(([part, values]: [string, NamedValues[]]) =>
    values.map((tensor) => ({ ...tensor, name: `${part}/${tensor.name}` })),
  );
  folder.write(file, safetensors(tensors, metadata));
}

/** The last checkpoint of a run; undefined before its first epoch was over. */
export function readCheckpoint(folder: RunFolder): Checkpoint | undefined {
  const bytes = folder.read(file);
  if (!bytes) return undefined;
  const { tensors, metadata } = parseSafetensors(bytes);
  const part = (prefix: keyof LearnerState): NamedValues[] =>
    tensors
      .filter(({ name }) => name.startsWith(`${prefix}/`))
      .map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length + 1) }));
  return { ...place.parse(metadata), state: { weights: part('weights'), optimizer: part('optimizer') } };
}
