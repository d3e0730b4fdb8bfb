import { type Finding, levelNames } from '../../state/findings.ts';
import { formatCount, formatTime } from '../../state/format.ts';
import { byText, type StepWord } from '../../state/run-words.ts';

/** A row of the list of notices. */
export interface NoticeRow {
  finding: Finding;
  levelName: string;
  /** Step and time of the notice, and who gave the command that it reports: "batch 412 · 10:03:12 · by a viewer of this page". */
  position: string;
}

/** Returns a row for each notice, newest first. */
export function noticeRows(findings: readonly Finding[], stepWord: StepWord = 'batch'): NoticeRow[] {
  return findings
    .map((finding) => ({
      finding,
      levelName: levelNames[finding.level],
      position: [
        typeof finding.step === 'number' ? `${stepWord} ${formatCount(finding.step)}` : '',
        formatTime(Date.parse(finding.time)),
        byText(finding.by),
      ]
        .filter(Boolean)
        .join(' · '),
    }))
    .reverse();
}
