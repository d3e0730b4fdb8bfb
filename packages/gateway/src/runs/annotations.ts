import type { RunAnnotated } from '@mnist-monitor/shared';
import type { StoredSummary } from '../store/store.ts';

/** Returns the message with everything that users can change about a run, changed or not. */
export const annotationsOf = ({ runId, title, note, pinned, name, tags }: StoredSummary): RunAnnotated => ({
  type: 'annotated',
  runId,
  title,
  note,
  pinned,
  name,
  tags,
});
