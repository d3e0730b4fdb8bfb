import type { RunStatus } from '@mnist-monitor/shared/browser';
import type { RunStartedData, RunSummary } from './event-data.ts';

/** Returns the name that a user gave a run, or else the one that its publisher gave, or else its id. */
export const displayName = ({
  runId,
  title,
  started,
}: Pick<RunSummary, 'runId' | 'title' | 'started'>): string => title ?? started?.name ?? runId;

/** Display name of each status of a run. */
export const statusNames: Record<RunStatus, string> = {
  running: 'Running',
  paused: 'Paused',
  stalled: 'Stalled',
  completed: 'Completed',
  stopped: 'Stopped',
  failed: 'Failed',
  interrupted: 'Interrupted',
};

/** Returns the training time of a run in seconds; undefined before its first batch. */
export const trainingSeconds = ({ finished, batch }: RunSummary): number | undefined =>
  finished?.seconds ?? batch?.elapsedSeconds ?? undefined;

/** Kinds of processors whose names are abbreviations. */
const abbreviations: readonly string[] = ['cpu', 'gpu', 'tpu', 'npu'];

/** Returns the name of a kind of processor: "GPU", "accelerator". */
export const deviceKind = (kind: string): string =>
  abbreviations.includes(kind) ? kind.toUpperCase() : kind;

/** Returns the engine and the kind of device: "tensorflow on CPU", or "PyTorch on 2 × GPU"; empty when not known. */
export function deviceText(device: RunStartedData['device']): string {
  if (!device) return '';
  const count = device.gpus && device.gpus.length > 1 ? `${device.gpus.length}\u00a0×\u00a0` : '';
  const kind = `${count}${deviceKind(device.kind)}`;
  return device.engine ? `${device.engine} on ${kind}` : kind;
}
