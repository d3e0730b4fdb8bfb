import type { Finding } from '../../state/findings.ts';
import { formatCount, formatTime } from '../../state/format.ts';

export interface NoticeRow {
  finding: Finding;
  levelName: string;
  /** Batch and time: "batch 412 · 10:03:12". */
  where: string;
}

const levelNames = { info: 'Note', warning: 'Warning', error: 'Error' };

/** Returns the list of notices, newest first. */
export function noticeRows(findings: readonly Finding[]): NoticeRow[] {
  return findings
    .map((finding) => ({
      finding,
      levelName: levelNames[finding.level],
      where: [
        finding.step === null ? '' : `batch ${formatCount(finding.step)}`,
        formatTime(Date.parse(finding.time)),
      ]
        .filter(Boolean)
        .join(' · '),
    }))
    .reverse();
}
