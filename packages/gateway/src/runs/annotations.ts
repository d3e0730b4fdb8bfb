import type { RunAnnotated } from '@mnist-monitor/shared';
import type { StoredSummary } from '../store/store.ts';

/** Returns the message with everything that users have changed about a run. */
export const annotationsOf = ({ runId, title, note, pinned, name, tags }: StoredSummary): RunAnnotated => ({
  type: 'annotated',
  runId,
  title,
  note,
  pinned,
  name,
  tags,
});
