import type { RunStatus } from '@mnist-monitor/shared/browser';
import type { RunStartedData, RunSummary } from './event-data.ts';

/**
 * Returns a text without the characters that override the direction of text: in a name or a tag, they would reverse the words of the
 * page around it.
 */
const withoutOverrides = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');

/** The fields of a summary that contain the name and the tags of a run. */
type Labels = Pick<RunSummary, 'title' | 'name' | 'tags' | 'started'>;

/**
 * Returns the name of a run; null when it has none. A title is a name that a user gave with an older gateway; the name is
 * that of the publisher until a user changes it.
 */
export function nameOf({ title, name, started }: Labels): string | null {
  const given = title ?? (name === undefined ? started?.name : name);
  return typeof given === 'string' ? withoutOverrides(given) : null;
}

/** Returns the name of a run or, without one, its id. */
export const displayName = (summary: Labels & Pick<RunSummary, 'runId'>): string =>
  nameOf(summary) ?? summary.runId;

/** Returns the name of a run or, without one, its id. The gateway's summary has the current name, but may not have arrived. */
export const displayNameOf = (
  { runId, started }: Pick<RunSummary, 'runId' | 'started'>,
  summary: RunSummary | null,
): string => displayName(summary?.runId === runId ? summary : { runId, started, title: null });

/**
 * Returns a message of the gateway with the name of a run in place of its id. An id is replaced only after the words that the messages
 * put before it, since it may be a single letter.
 */
export function withName(
  message: string,
  summary: (Labels & Pick<RunSummary, 'runId'>) | null | undefined,
): string {
  if (!summary) return message;
  const id = new RegExp(`(?<=\\b(?:[Rr]un|but) )${summary.runId.replaceAll('.', '\\.')}(?![\\w.-])`, 'g');
  return message.replace(id, () => displayName(summary));
}

/** Returns the tags of a run: those of its publisher, until a user changes them. */
export const tagsOf = ({ tags, started }: Labels): readonly string[] =>
  (tags ?? started?.tags ?? []).map(withoutOverrides);

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
