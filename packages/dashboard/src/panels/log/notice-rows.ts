import type { Finding } from '../../state/findings.ts';
import { formatCount, formatTime } from '../../state/format.ts';
import type { StepWord } from '../../state/run-words.ts';

/** A row of the list of notices. */
export interface NoticeRow {
  finding: Finding;
  levelName: string;
  /** Batch and time of the notice, and who gave the command: "batch 412 · 10:03:12 · by a viewer of this page". */
  position: string;
}

const levelNames = { info: 'Note', warning: 'Warning', error: 'Error' };

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

/** Returns who gave the command of a notice: a viewer of the page, an assistant, or a program by its name. */
function byText(by: string | null | undefined): string {
  if (!by) return '';
  if (by === 'page') return 'by a viewer of this page';
  return by === 'assistant' ? 'by an assistant' : `by ${by}`;
}
