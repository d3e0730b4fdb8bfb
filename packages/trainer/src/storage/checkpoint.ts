import { join } from 'node:path';
import { MonitorError, runFiles } from '@mnist-monitor/shared';
import { z } from 'zod';
import { encodeSafetensors, parseSafetensors } from '../export/safetensors.ts';
import type { LearnerState, TensorValues } from '../learner/learner.ts';
import type { TrainingPosition } from '../training/position.ts';
import type { RunFolder } from './run-folder.ts';

/** The state of a run between two steps: a run that resumes from it makes the same steps as one without a break. */
export interface Checkpoint {
  position: TrainingPosition;
  /** Training time so far, pauses excluded. */
  elapsedSeconds: number;
  /** The constant rate, or the peak of the schedule, that applies to the next step. */
  learningRate: number;
  state: LearnerState;
}

const count = z.coerce.number().int().nonnegative();
/** Parses a number that may be NaN or infinite, as in a run that has diverged. */
const possiblyInfinite = z.string().transform(Number);
const metadataSchema = z.object({
  epoch: count,
  batch: count,
  images: count,
  loss: possiblyInfinite,
  accuracy: possiblyInfinite,
  epochStart: z.coerce.number().nonnegative(),
  elapsedSeconds: z.coerce.number().nonnegative(),
  learningRate: z.coerce.number().positive(),
});

/** Writes the checkpoint as one file in place of the previous one. @throws MonitorError `runs.unwritable` */
export function writeCheckpoint(folder: RunFolder, { state, position, ...rest }: Checkpoint): void {
  const numbers = { ...position, ...rest };
  const metadata = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]));
  const tensors = Object.entries(state).flatMap(([part, values]: [string, TensorValues[]]) =>
    values.map((tensor) => ({ ...tensor, name: `${part}/${tensor.name}` })),
  );
  folder.write(runFiles.checkpoint, encodeSafetensors(tensors, metadata));
}

/** Reads the last checkpoint of a run; undefined when there is none. @throws MonitorError `run.damaged` */
export function readCheckpoint(folder: RunFolder): Checkpoint | undefined {
  const bytes = folder.read(runFiles.checkpoint);
  try {
    return bytes && parse(bytes);
  } catch (cause) {
    throw new MonitorError(
      'run.damaged',
      `${join(folder.path, runFiles.checkpoint)}: expected a checkpoint, but its ${bytes?.length} bytes are damaged; remove it, and --resume repeats the run from its beginning`,
      { cause },
    );
  }
}

function parse(bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = parseSafetensors(bytes);
  const part = (prefix: keyof LearnerState): TensorValues[] =>
    tensors
      .filter(({ name }) => name.startsWith(`${prefix}/`))
      .map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length + 1) }));
  const { elapsedSeconds, learningRate, ...position } = metadataSchema.parse(metadata);
  const state = { weights: part('weights'), optimizer: part('optimizer') };
  return { position, elapsedSeconds, learningRate, state };
}
