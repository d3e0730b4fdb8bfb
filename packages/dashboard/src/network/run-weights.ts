import { runFiles } from '@mnist-monitor/shared/browser';
import { modelFileUrl, snapshotUrl } from '../net/api.ts';
import { readRunFile } from '../net/run-files.ts';
import type { SnapshotData } from '../state/event-data.ts';
import { readableSnapshots } from '../state/examined-image.ts';
import { formatCount } from '../state/format.ts';
import type { Run } from '../state/run.ts';
import { stepWordOf } from '../state/run-words.ts';
import type { WeightsSource } from './network-client.ts';

/** Weights with a text that names them: "batch 214", "epoch 3". */
export interface RunWeights extends WeightsSource {
  name: string;
  /** The epoch whose saved model it is; undefined for a snapshot. */
  epoch?: number;
}

/** Returns the weights in a snapshot. */
export const snapshotWeights = (run: Run, { step, digest }: SnapshotData): RunWeights => ({
  key: digest,
  name: `${stepWordOf(run)} ${formatCount(step)}`,
  layers: run.started?.model?.layers ?? [],
  read: () => readRunFile(snapshotUrl(run.runId, digest)),
});

/**
 * Returns the weights of the snapshot nearest to a step, or of the latest snapshot if the step is null; without snapshots, those of
 * the saved model; undefined while there is neither, and without the layers of the network.
 */
export function weightsAt(run: Run, step: number | null): RunWeights | undefined {
  const snapshots = readableSnapshots(run);
  const snapshot = step === null ? snapshots.at(-1) : nearestSnapshot(snapshots, step);
  if (snapshot) return snapshotWeights(run, snapshot);
  // The samples of an epoch are sent after its weights have been saved.
  const epoch = run.samples.at(-1)?.epoch;
  const layers = run.started?.model?.layers ?? [];
  if (epoch === undefined || layers.length === 0) return undefined;
  return {
    key: `${run.runId} ${epoch}`,
    name: `epoch ${epoch}`,
    ...{ epoch, layers },
    read: () => readRunFile(modelFileUrl(run.runId, runFiles.pytorchWeights)),
  };
}

/** Returns the snapshot that is nearest to a step; of two at the same distance, the earlier one. */
export const nearestSnapshot = (snapshots: readonly SnapshotData[], step: number): SnapshotData | undefined =>
  snapshots.reduce<SnapshotData | undefined>(
    (best, each) => (!best || Math.abs(each.step - step) < Math.abs(best.step - step) ? each : best),
    undefined,
  );
