import { announcedEpochs, announcedSteps } from '../../state/axis.ts';
import { throughputOf } from '../../state/event-data.ts';
import {
  formatCount,
  formatNumber,
  formatRate,
  formatTime,
  formatWholeDuration,
} from '../../state/format.ts';
import { missingRun } from '../../state/missing-run.ts';
import { ownValue } from '../../state/own-value.ts';
import { hasEnded } from '../../state/phase.ts';
import type { Run } from '../../state/run.ts';
import { speedUnitOf } from '../../state/run-words.ts';
import { type LatestData, latestDataOf, type Session } from '../../state/session.ts';
import type { PageState } from '../../ui/panel.ts';
import { type HeaderText, headerText } from '../header/header-text.ts';

/** A number on the wall, with its name and a note. */
export interface WallFigure {
  name: string;
  value: string;
  note: string;
  /** Whether the value is NaN or infinite, which is marked. */
  isBad?: boolean;
}

/** Maximum number of figures: a person who walks by reads no more. */
const figureLimit = 4;
/** Number of results among them, when the progress and the time are known. */
const resultLimit = 2;

/**
 * Returns the most important numbers of a run, at most four, the most important one first: results as the header shows them, the
 * progress, and the time.
 */
export function wallFigures({
  session,
  now,
  view,
}: Pick<PageState, 'session' | 'now' | 'view'>): WallFigure[] {
  const { run } = session;
  const latest = latestDataOf(session);
  if (!run || !latest) return [];
  const text = headerText(session, now, view);
  // The data of the session is that of the run before.
  if (text.phase === 'starting') return [];
  const results = text.figures
    .filter(({ value }) => value !== unknownText)
    // There is no room for the second part of a note.
    .map(({ name, value, notes, isBad }) => ({ name, value, note: notes[0]?.split(';')[0] ?? '', isBad }));
  const others = [progressFigure(run, latest), timeFigure(latest, text)];
  return [
    ...results.slice(0, resultLimit),
    ...others,
    ...results.slice(resultLimit),
    ...metricFigures(run),
    speedFigure(run, latest),
  ]
    .filter((figure) => figure !== undefined)
    .filter((figure, at, all) => all.findIndex(({ name }) => name === figure.name) === at)
    .slice(0, figureLimit);
}

/** The text of a value that is not known yet. */
const unknownText = formatCount(null);

const metricFigures = (run: Run): WallFigure[] =>
  [...run.metrics].map(([name, series]) => ({
    name,
    value: formatNumber(series.last('value')),
    note: ownValue(run.started?.metrics, name)?.unit ?? '',
  }));

function progressFigure(run: Run, { started, batch, epoch }: LatestData): WallFigure | undefined {
  const epochs = announcedEpochs(started);
  const current = batch?.epoch ?? epoch?.epoch;
  if (typeof current === 'number')
    return { name: 'Epoch', value: formatCount(current), note: epochs ? `of ${formatCount(epochs)}` : '' };
  if (run.step === 0) return undefined;
  const steps = announcedSteps(started);
  return { name: 'Step', value: formatCount(run.step), note: steps ? `of ${formatCount(steps)}` : '' };
}

function timeFigure(
  { finished, batch }: LatestData,
  { phase, hasDiverged }: HeaderText,
): WallFigure | undefined {
  if (finished) return { name: 'Took', value: formatWholeDuration(finished.seconds), note: '' };
  if (!hasEnded(phase) && !hasDiverged && typeof batch?.etaSeconds === 'number')
    return { name: 'Time left', value: formatWholeDuration(batch.etaSeconds), note: 'at this speed' };
  return typeof batch?.elapsedSeconds === 'number'
    ? { name: 'Trained for', value: formatWholeDuration(batch.elapsedSeconds), note: '' }
    : undefined;
}

function speedFigure({ started }: Run, { batch }: LatestData): WallFigure | undefined {
  const speed = batch && throughputOf(batch);
  return typeof speed === 'number'
    ? { name: 'Speed', value: formatRate(speed), note: speedUnitOf(started) }
    : undefined;
}

/** Number of characters that the end of a name has at most, so that it is shown whole. */
const longestEnd = 32;

/**
 * Splits a name into its beginning, which a narrow line cuts, and its end, which the line shows: the runs of a list differ in what follows
 * the last comma.
 */
export function nameParts(name: string): { start: string; end: string } {
  const at = name.lastIndexOf(', ');
  return at > 0 && name.length - at - 2 <= longestEnd
    ? { start: name.slice(0, at + 1), end: name.slice(at + 2) }
    : { start: name, end: '' };
}

/** Returns the sentence about the phase for a view without controls, in which nobody can start a run. */
export const viewDetail = ({ phase, detail }: Pick<HeaderText, 'phase' | 'detail'>): string =>
  phase === 'noRun' ? 'The next run appears here when it begins.' : detail;

/**
 * Returns a sentence about a run that is missing or a connection that is lost; empty while there is nothing to report.
 * @param openAt When the connection was last open, in milliseconds since 1970; null for never.
 */
export function wallProblem(session: Session, openAt: number | null): string {
  const { connection, storeProblem, refusal } = session;
  const missing = missingRun(session);
  if (missing) return `${missing.reason} The address ?view=wall shows the latest run.`;
  if (connection.name === 'open') return storeProblem === '' ? '' : 'The gateway cannot store new data.';
  if (connection.name === 'closed')
    return `The gateway has closed the connection: ${connection.reason.replace(/\.$/, '')}. The page tries again by itself.`;
  if (openAt === null)
    return connection.name === 'connecting' ? '' : refusal || 'The gateway does not respond.';
  const since = formatTime(openAt, 'minutes');
  return session.run
    ? `No connection since ${since}. What you see is from then.`
    : `No connection since ${since}.`;
}
