import { type Divergence, divergenceOf, lastingRise } from './divergence.ts';
import type { EpochData } from './event-data.ts';
import { formatCount, formatDuration, formatLoss, formatPercent } from './format.ts';
import { lastResultsOf, type Run, type TimedNotice } from './run.ts';

/** A notable event of a run: a notice of the trainer, or a problem that the page detects in the values. */
export type Finding = Pick<TimedNotice, 'level' | 'code' | 'message' | 'time' | 'step' | 'by'>;

/** Name of each level of a finding. */
export const levelNames = { info: 'Note', warning: 'Warning', error: 'Error' } as const;

/** Returns a finding as a sentence for the page and screen readers: "Warning: The model overfits." */
export const findingText = ({ level, message }: Finding): string => `${levelNames[level]}: ${message}`;

/** Number of epochs without a better test accuracy that count as a plateau. */
const plateauEpochs = 5;
/** Smallest gain that counts as better: one more image of a thousand. */
const plateauGain = 0.001;
/** A test loss of more than this multiple of its minimum counts as overfitting while the training loss falls. */
const overfitFactor = 1.25;
/** Number of consecutive epochs of overfitting from which it is reported: a single one may be chance. */
const overfitEpochs = 3;
/** An epoch whose mean training loss is more than this multiple of an earlier epoch's counts as diverging. */
const divergenceFactor = 3;

/** Returns all findings of a run, oldest first. Problems that the trainer has reported itself are not repeated. */
export function findingsOf(run: Run): Finding[] {
  const reported = new Set(run.notices.map(({ code }) => code));
  const derived = [
    ...(reported.has('training.diverged') ? [] : [badLoss(run) ?? diverging(run) ?? badTest(run)]),
    ...(reported.has('training.plateau') ? [] : [plateau(run)]),
    ...(reported.has('training.overfit') ? [] : [overfit(run)]),
    ...(reported.has('engine.fallback') ? [] : [fallback(run)]),
    ...(reported.has('training.stalled') ? [] : silences(run)),
    stepsBack(run),
  ].filter((finding) => finding !== undefined);
  return [...run.notices, ...derived].sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

/** Returns a finding about a loss that is not finite, or far above its start. */
function badLoss(run: Run): Finding | undefined {
  const divergence = divergenceOf(lastResultsOf(run), run);
  if (run.diverged) return notFinite(run.diverged, divergence !== null);
  const { loss, step = run.step, time = run.lastTime } = divergence ?? lastingRise(run.rise) ?? {};
  if (loss === undefined) return undefined;
  if (!Number.isFinite(loss)) {
    const trainLoss = lastResultsOf(run).epoch?.train?.loss ?? 0;
    const name = Number.isFinite(trainLoss) ? 'The last test loss' : 'The loss of the last epoch';
    return notFinite({ loss, step, time }, true, name);
  }
  const verdict = divergence ? `: the run ${run.finished ? 'has diverged' : 'diverges'}` : '';
  return {
    level: divergence ? 'error' : 'warning',
    code: 'training.diverging',
    message: `The loss has risen to ${formatLoss(loss)}, far above its start${verdict}. A smaller learning rate often helps.`,
    ...{ step, time: timeOf(time) },
  };
}

function notFinite({ loss, step, time }: Divergence, hasDiverged: boolean, name = 'The loss'): Finding {
  const place = { code: 'training.diverged', step, time: timeOf(time) };
  if (hasDiverged)
    return {
      ...{ ...place, level: 'error' },
      message: `${name} is ${formatLoss(loss)}: the run has diverged. A smaller learning rate often helps.`,
    };
  return {
    ...{ ...place, level: 'warning' },
    message: `The loss was ${formatLoss(loss)} here, but the last results are finite: the run has recovered.`,
  };
}

function diverging(run: Run): Finding | undefined {
  let lowest = Number.POSITIVE_INFINITY;
  for (const epoch of run.epochs) {
    const loss = epoch.train?.loss;
    if (typeof loss !== 'number') continue;
    // A multiple of a loss below 0 has no meaning.
    if (lowest > 0 && loss > lowest * divergenceFactor && Number.isFinite(loss))
      return findingAt(run, epoch, {
        level: 'warning',
        code: 'training.diverging',
        message: `The training loss of epoch ${epoch.epoch} is ${formatLoss(loss)}; it was ${formatLoss(lowest)} before. A smaller learning rate often helps.`,
      });
    if (loss < lowest) lowest = loss;
  }
  return undefined;
}

/** Returns a finding about a latest test loss that is not finite, though the run itself has not diverged. */
function badTest(run: Run): Finding | undefined {
  const epoch = run.epochs.findLast(({ test }) => typeof test?.loss === 'number');
  const loss = epoch?.test?.loss;
  if (!epoch || typeof loss !== 'number' || Number.isFinite(loss)) return undefined;
  return findingAt(run, epoch, {
    level: 'warning',
    code: 'test.diverged',
    message: `The test loss of epoch ${epoch.epoch} is ${formatLoss(loss)}, while the training loss is finite.`,
  });
}

function plateau(run: Run): Finding | undefined {
  let best = Number.NEGATIVE_INFINITY;
  let epochsSinceBest = 0;
  for (const epoch of run.epochs) {
    const accuracy = epoch.test?.accuracy;
    if (typeof accuracy !== 'number' || !Number.isFinite(accuracy)) continue;
    epochsSinceBest = accuracy >= best + plateauGain ? 0 : epochsSinceBest + 1;
    if (epochsSinceBest === 0) best = accuracy;
    if (epochsSinceBest >= plateauEpochs)
      return findingAt(run, epoch, {
        level: 'info',
        code: 'training.plateau',
        message: `No clearly better test accuracy than ${formatPercent(best)} for ${plateauEpochs} epochs; training longer gains little.`,
      });
  }
  return undefined;
}

function overfit(run: Run): Finding | undefined {
  let lowest: { epoch: number; test: number; train: number } | undefined;
  let overfitCount = 0;
  for (const epoch of run.epochs) {
    const [test, train] = [epoch.test?.loss, epoch.train?.loss];
    if (typeof test !== 'number' || typeof train !== 'number') continue;
    if (!lowest || test < lowest.test) lowest = { epoch: epoch.epoch, test, train };
    // A multiple of a loss below 0 has no meaning.
    const overfits = lowest.test > 0 && test > lowest.test * overfitFactor && train < lowest.train;
    overfitCount = overfits ? overfitCount + 1 : 0;
    if (overfitCount >= overfitEpochs)
      return findingAt(run, epoch, {
        level: 'warning',
        code: 'training.overfit',
        message: `The test loss has risen from ${formatLoss(lowest.test)} (epoch ${lowest.epoch}) to ${formatLoss(test)} while the training loss falls: the model overfits.`,
      });
  }
  return undefined;
}

function fallback(run: Run): Finding | undefined {
  const { config, device } = run.started ?? {};
  const [requested, engine] = [config?.engine, device?.engine];
  if (!requested || !engine || requested === 'auto' || requested === engine) return undefined;
  const reason = device?.reason ? `: ${device.reason}` : '.';
  return {
    level: 'warning',
    code: 'engine.fallback',
    message: `Training on ${engine}, though ${requested} was requested${reason}`,
    ...{ step: null, time: run.startedAt ?? timeOf(0) },
  };
}

const silences = (run: Run): Finding[] =>
  run.silences.map(({ step, seconds, time }) => ({
    level: 'warning',
    code: 'training.stalled',
    message: `No event from the trainer for ${formatDuration(seconds)}.`,
    ...{ step, time: timeOf(time) },
  }));

/** Returns a remark about repeated steps: their earlier values are not in the charts. */
function stepsBack({ stepsBack: back, batch }: Run): Finding | undefined {
  if (!back) return undefined;
  const word = typeof batch?.batch === 'number' ? 'batch' : 'step';
  const times = back.count === 1 ? '' : ` It has done so ${formatCount(back.count)} times.`;
  return {
    level: 'info',
    code: 'steps.repeated',
    message: `The run went back from ${word} ${formatCount(back.from)} to ${formatCount(back.to)}.${times} Charts show only the later values; exports have all.`,
    ...{ step: back.to, time: timeOf(back.time) },
  };
}

/** Returns a finding at the end of an epoch. */
function findingAt(
  run: Run,
  { step }: EpochData,
  finding: Pick<Finding, 'level' | 'code' | 'message'>,
): Finding {
  return { ...finding, step, time: timeOf(run.steps.at('time', step)) };
}

const timeOf = (milliseconds = 0): string => new Date(milliseconds).toISOString();

/** Creates a function that returns the findings of a run, computed again only when their sources have changed. */
export function createCachedFindings(): (run: Run | null) => readonly Finding[] {
  let previous: readonly unknown[] = [];
  let found: readonly Finding[] = [];
  return (run) => {
    const sources = [
      run?.started,
      run?.notices,
      run?.epochs,
      run?.silences,
      run?.stepsBack,
      run?.diverged,
      run?.rise,
      run?.finished,
    ];
    if (sources.some((source, index) => source !== previous[index])) found = run ? findingsOf(run) : [];
    previous = sources;
    return found;
  };
}
