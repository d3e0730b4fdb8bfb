import { join } from 'node:path';
import { MonitorError } from '@mnist-monitor/shared';
import { z } from 'zod';
import { parseSafetensors, safetensors } from '../export/safetensors.ts';
import type { LearnerState, NamedValues } from '../learner/learner.ts';
import type { TrainingPosition } from '../training/position.ts';
import type { RunFolder } from './run-folder.ts';

/** A run between two steps: enough to go on as if nothing had happened. */
export interface Checkpoint {
  place: TrainingPosition;
  elapsedSeconds: number;
  /** The constant rate, or the peak of the schedule, that was set by then. */
  learningRate: number;
  state: LearnerState;
}

const file = 'checkpoint/last.safetensors';
const count = z.coerce.number().int().nonnegative();
/** Of a run that has diverged it is no finite number. */
const sum = z.string().transform(Number);
const metadataOf = z.object({
  epoch: count,
  batch: count,
  images: count,
  loss: sum,
  accuracy: sum,
  epochStart: z.coerce.number().nonnegative(),
  elapsedSeconds: z.coerce.number().nonnegative(),
  learningRate: z.coerce.number().positive(),
});

/** Writes the checkpoint, over the one before, in one file: it is whole or it is the old one. */
export function writeCheckpoint(folder: RunFolder, { state, place, ...rest }: Checkpoint): void {
  const numbers = { ...place, ...rest };
  const metadata = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]));
  const tensors = Object.entries(state).flatMap(([part, values]: [string, NamedValues[]]) =>
    values.map((tensor) => ({ ...tensor, name: `${part}/${tensor.name}` })),
  );
  folder.write(file, safetensors(tensors, metadata));
}

/** The last checkpoint of a run; undefined where none was written. @throws MonitorError `run.damaged` */
export function readCheckpoint(folder: RunFolder): Checkpoint | undefined {
  const bytes = folder.read(file);
  try {
    return bytes && parse(bytes);
  } catch (cause) {
    throw new MonitorError(
      'run.damaged',
      `${join(folder.path, file)}: expected a checkpoint, got ${bytes?.length} bytes that are none; remove it, and --resume goes on from the beginning of the run`,
      { cause },
    );
  }
}

function parse(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = parseSafetensors(bytes);
  const part = (prefix: keyof LearnerState): NamedValues[] =>
    tensors
      .filter(({ name }) => name.startsWith(`${prefix}/`))
      .map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length + 1) }));
  const { elapsedSeconds, learningRate, ...place } = metadataOf.parse(metadata);
  const state = { weights: part('weights'), optimizer: part('optimizer') };
  return { place, elapsedSeconds, learningRate, state };
}
