import type { PublishedFileKind } from '@mnist-monitor/shared';
import type { EventBody } from '../event-data.ts';

/** The name of a file of a run. */
export interface PublishedFileName {
  kind: PublishedFileKind;
  /** SHA-256 of the content, in hexadecimal digits. */
  digest: string;
}

/** Returns the file that an event names; undefined when it names none. */
export function fileNamedBy({ type, data }: EventBody): PublishedFileName | undefined {
  if (type === 'snapshot') return { kind: 'snapshots', digest: data.digest };
  const digest = type === 'run.started' ? data.dataset.testImages?.digest : undefined;
  return digest === undefined ? undefined : { kind: 'test-images', digest };
}
