import type { Finding } from '../../state/findings.ts';
import { formatCount, formatTime } from '../../state/format.ts';

/** A row of the list of notices. */
export interface NoticeRow {
  finding: Finding;
  levelName: string;
  /** Batch and time of the notice: "batch 412 · 10:03:12". */
  position: string;
}

const levelNames = { info: 'Note', warning: 'Warning', error: 'Error' };

/** Returns a row for each notice, newest first. */
export function noticeRows(findings: readonly Finding[]): NoticeRow[] {
  return findings
    .map((finding) => ({
      finding,
      levelName: levelNames[finding.level],
      position: [
        finding.step === null ? '' : `batch ${formatCount(finding.step)}`,
        formatTime(Date.parse(finding.time)),
      ]
        .filter(Boolean)
        .join(' · '),
    }))
    .reverse();
}
