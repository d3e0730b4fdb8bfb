import { formatCount } from '../state/format.ts';
import type { StampedNotice } from '../state/run.ts';

export interface NoticeRow {
  level: StampedNotice['level'];
  levelName: string;
  message: string;
  /** "batch 412 · 10:03:12". */
  where: string;
  time: string;
}

const levelNames = { info: 'Note', warning: 'Warning', error: 'Error' };

/** The notices, newest first. */
export function noticeRows(notices: readonly StampedNotice[]): NoticeRow[] {
  return notices
    .map(({ level, message, step, time }) => ({
      level,
      levelName: levelNames[level],
      message,
      where: [step === null ? '' : `batch ${formatCount(step)}`, new Date(time).toLocaleTimeString('en-GB')]
        .filter(Boolean)
        .join(' · '),
      time,
    }))
    .reverse();
}
