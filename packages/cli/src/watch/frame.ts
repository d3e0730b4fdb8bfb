import type { RunStatus, RunSummary, StartingRun } from '@mnist-monitor/shared';
import { bar, formatCount, formatDuration, formatLoss, formatPercent } from '@mnist-monitor/shared/console';
import { rounded, shortText } from '../answers/values.ts';
import { drawCurve, rangeOf } from './braille.ts';
import type { Curve } from './curve.ts';
import {
  cut,
  fit,
  type Item,
  type Line,
  lineOfItems,
  lineWidth,
  type Part,
  type Style,
  widthOf,
  wrap,
} from './text.ts';
import type { WatchedRun } from './watched-run.ts';

/** Size of the terminal, and the line at its end in which the program asks or answers. */
export interface FrameOptions {
  columns: number;
  rows: number;
  /** A question or the outcome of a command; empty shows the keys. */
  prompt: string;
}

/** Smallest terminal in which a frame fits. */
const smallest = { columns: 40, rows: 12 };
/** Fewest columns of the values beside a chart. */
const smallestAxis = 9;
/** Most classes whose matrix fits beside the charts. */
const matrixClasses = 12;
/** Fewest columns of a chart beside a matrix. */
const smallestChart = 34;
/** Fewest columns that a status leaves to the name of the run. */
const smallestName = 16;
/** Most lines of a question, of the outcome of a command and of a notice. */
const maxTextRows = 3;

const statusStyles: Record<RunStatus, readonly [symbol: string, style: Style]> = {
  running: ['●', 'good'],
  paused: ['‖', 'warn'],
  stalled: ['○', 'warn'],
  interrupted: ['○', 'warn'],
  completed: ['✓', 'good'],
  stopped: ['■', 'warn'],
  failed: ['✗', 'bad'],
};

/** Returns the lines of the terminal, as many as it has rows. */
export function frame(watched: WatchedRun, { columns, rows, prompt }: FrameOptions): Line[] {
  if (columns < smallest.columns || rows < smallest.rows) {
    const needed = `The terminal is too small: ${smallest.columns} × ${smallest.rows} are needed.`;
    return filled(wrap(needed, columns, rows).map(plain), rows);
  }
  const { run, isKnown } = watched;
  const isLow = rows < 20;
  const nothing = isKnown
    ? 'No run yet. This view shows the next one when it begins.'
    : 'Connecting to the gateway …';
  const top = run
    ? [...runLines(run, columns), ...(isLow ? [] : [[]])]
    : [[['MNIST Training Monitor', 'bold'] as const], [], ...wrap(nothing, columns, maxTextRows).map(plain)];
  const promptLines = wrap(prompt, columns, maxTextRows).map((text): Line => [[text, 'accent']]);
  const lastLines = prompt ? promptLines : [keyLine(watched, columns)];
  const bottom = [...noticeLines(watched, { columns, rows: isLow ? 2 : 4 }), ...lastLines];
  const height = rows - top.length - bottom.length;
  const middle = run ? mainLines(watched, { columns, height }) : [];
  return [...filled([...top, ...middle], rows - bottom.length), ...bottom];
}

const filled = (lines: readonly Line[], rows: number): Line[] =>
  Array.from({ length: rows }, (_, at) => lines[at] ?? []);

const plain = (text: string): Line => [text];

/** Returns the lines of a run's state and results. */
const runLines = (run: RunSummary, columns: number): Line[] => [
  titleLine(run, columns),
  progressLine(run, columns),
  batchLine(run, columns),
  testLine(run, columns),
];

function titleLine(run: RunSummary, columns: number): Line {
  const [symbol, style] = statusStyles[run.status];
  const ending = run.connected || run.finished ? '' : ', trainer not connected';
  const full = `${symbol} ${run.status}${ending}`;
  const status = columns - widthOf(full) > smallestName ? full : `${symbol} ${run.status}`;
  const name = shortText(run.title ?? run.name ?? run.runId);
  return [[fit(name, Math.max(0, columns - widthOf(status) - 1)), 'bold'], ' ', [status, style]];
}

function progressLine({ started, batch, epoch, finished, status }: RunSummary, columns: number): Line {
  const { steps } = started?.totals ?? {};
  const epochs = started?.totals?.epochs ?? started?.config.epochs;
  const unit = started?.unit ?? 'images';
  const speed = batch?.throughput ?? batch?.imagesPerSecond;
  const texts = [
    batch && `step ${formatCount(batch.step)}${steps ? `/${formatCount(steps)}` : ''}`,
    (batch?.epoch ?? epoch?.epoch) && `epoch ${batch?.epoch ?? epoch?.epoch}${epochs ? `/${epochs}` : ''}`,
    finished
      ? `in ${formatDuration(finished.seconds)}`
      : status === 'running' &&
        typeof batch?.etaSeconds === 'number' &&
        `${formatDuration(batch.etaSeconds)} left`,
    typeof speed === 'number' && `${formatCount(speed)} ${shortText(unit)}/s`,
  ].filter((text) => typeof text === 'string');
  const values = lineOfItems(
    texts.map((text) => ({ full: [text], short: [text] })),
    columns,
  );
  const space = Math.min(40, columns - lineWidth(values) - 10);
  if (!steps || !batch || space < 8) return values;
  const share = batch.step / steps;
  return [[bar(share, space), 'curve'], ` ${Math.floor(share * 100)} %`.padStart(6), '   ', ...values];
}

interface ValueNames {
  full: string;
  short: string;
}

/** Returns the item of a name and its value; none without a value. */
function value(names: ValueNames, text: string | undefined, style?: Style): Item[] {
  if (text === undefined) return [];
  const named = (name: string): Line => [[`${name} `, 'dim'], style ? [text, style] : text];
  return [{ full: named(names.full), short: named(names.short) }];
}

const lossText = (loss: number | string | null | undefined): string | undefined =>
  loss == null ? undefined : formatLoss(Number(loss));
const percentText = (share: number | string | null | undefined): string | undefined =>
  share == null ? undefined : formatPercent(Number(share));

function batchLine({ batch }: RunSummary, columns: number): Line {
  const isBad = batch !== null && !Number.isFinite(Number(batch.loss));
  const rate = batch?.learningRate;
  const items = [
    ...value({ full: 'loss', short: 'loss' }, lossText(batch?.loss), isBad ? 'bad' : 'bold'),
    ...value({ full: 'accuracy', short: 'acc.' }, percentText(batch?.accuracy)),
    ...value({ full: 'learning rate', short: 'rate' }, rate == null ? undefined : String(rounded(rate))),
  ];
  return lineOfItems(items, columns);
}

function testLine({ epoch, bestAccuracy }: RunSummary, columns: number): Line {
  const items = [
    ...value({ full: 'test accuracy', short: 'test' }, percentText(epoch?.test?.accuracy), 'bold'),
    ...value({ full: 'best', short: 'best' }, percentText(bestAccuracy)),
    ...value({ full: 'test loss', short: 'loss' }, lossText(epoch?.test?.loss)),
  ];
  return lineOfItems(items, columns);
}

/** Returns the charts and, beside them, the matrix where it fits. */
function mainLines(watched: WatchedRun, { columns, height }: { columns: number; height: number }): Line[] {
  const matrices = [matrixLines(watched, 'counts'), matrixLines(watched, 'percent')];
  const matrix = matrices.find(
    (lines) => lines.length > 0 && lines.length <= height && columns - widest(lines) - 2 >= smallestChart,
  );
  const width = matrix ? columns - widest(matrix) - 2 : columns;
  const hasAccuracy = watched.testAccuracy.points.length > 1 && height >= 12;
  const lossHeight = hasAccuracy ? Math.ceil(height / 2) : height;
  const charts = chartLines('Loss', watched.loss, { width, height: lossHeight }, formatLoss);
  if (hasAccuracy) {
    const size = { width, height: height - lossHeight };
    charts.push(...chartLines('Test accuracy', watched.testAccuracy, size, formatPercent));
  }
  if (!matrix) return charts;
  return charts.map((line, at) => [...line, ' '.repeat(width + 2 - lineWidth(line)), ...(matrix[at] ?? [])]);
}

const widest = (lines: readonly Line[]): number => Math.max(0, ...lines.map(lineWidth));

function chartLines(
  title: string,
  { points, last }: Curve,
  { width, height }: { width: number; height: number },
  format: (value: number) => string,
): Line[] {
  const range = rangeOf(points);
  if (!range) return filled([[[title, 'dim']], [Number.isNaN(last) ? '  no values yet' : '']], height);
  const isLogarithmic = range.low > 0 && range.high > 20 * range.low;
  const scale = isLogarithmic ? Math.log : (each: number) => each;
  const [low, high] = [scale(range.low), scale(range.high)];
  const toUnit = (each: number): number => (high === low ? 0.5 : (scale(each) - low) / (high - low));
  const [top, bottom] = [format(range.high), format(range.low)];
  const axis = Math.max(smallestAxis, top.length + 1, bottom.length + 1);
  const drawn = drawCurve(points, { width: width - axis, height: height - 1 }, toUnit);
  const labelOf = (row: number): string => (row === 0 ? top : row === drawn.length - 1 ? bottom : '');
  return [
    [[`${title}${isLogarithmic ? ' (log)' : ''}`, 'dim']],
    ...drawn.map((text, row): Line => [[labelOf(row).padStart(axis - 1), 'dim'], ' ', [text, 'curve']]),
  ];
}

/**
 * Returns the confusion matrix, as counts or as shares of each true class; no lines without one, or with more classes than fit.
 * Shares below half a percent look like zeros.
 */
function matrixLines({ confusion, run }: WatchedRun, unit: 'counts' | 'percent'): Line[] {
  if (confusion.length === 0 || confusion.length > matrixClasses) return [];
  const names = confusion.map((_, at) => shortText(run?.started?.dataset?.classes?.[at] ?? String(at)));
  const cells = confusion.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return unit === 'counts' ? row : row.map((count) => Math.round((100 * count) / Math.max(1, total)));
  });
  const cellColumns = String(Math.max(1, ...cells.flat())).length + 1;
  const nameColumns = Math.min(6, Math.max(...names.map(widthOf)));
  const head = names
    .map((name) => cut(name, cellColumns - 1))
    .map((name) => ' '.repeat(cellColumns - widthOf(name)) + name)
    .join('');
  const title =
    unit === 'counts' ? 'Test images: true class by predicted class' : 'True class by predicted class, %';
  return [
    [[title, 'dim']],
    [[`${' '.repeat(nameColumns)}${head}`, 'dim']],
    ...cells.map(
      (row, at): Line => [
        [fit(names[at] ?? '', nameColumns), 'dim'],
        ...row.map((value, column): Part => {
          const text = (value === 0 ? '·' : String(value)).padStart(cellColumns);
          if (value === 0) return [text, 'dim'];
          return [text, column === at ? 'good' : 'bad'];
        }),
      ],
    ),
  ];
}

const noticeStyles = { info: 'dim', warning: 'warn', error: 'bad' } as const;

const startingText = ({ name, runId }: StartingRun): string =>
  `Starting ${shortText(name ?? runId ?? 'a run')} …`;

/** Returns the newest notices, the last one at the bottom. Long ones take several lines. */
function noticeLines(
  { notices, run, connection, storeProblem, starting }: WatchedRun,
  { columns, rows }: Pick<FrameOptions, 'columns' | 'rows'>,
): Line[] {
  const texts = notices.map(({ level, message, step }): [string, Style] => {
    const where = step == null ? '' : `step ${formatCount(step)}: `;
    return [`${level === 'info' ? '·' : '!'} ${where}${shortText(message)}`, noticeStyles[level]];
  });
  if (run?.finished) texts.push([`· ${shortText(run.finished.reason)}`, 'dim']);
  texts.push(...starting.map((each): [string, Style] => [`· ${startingText(each)}`, 'accent']));
  if (storeProblem) texts.push([`! The gateway cannot store events: ${shortText(storeProblem)}`, 'bad']);
  if (connection !== 'open') texts.push([`! ${connection}`, 'warn']);
  const lines = texts
    .slice(-rows)
    .flatMap(([text, style]) =>
      wrap(text, columns, Math.min(rows, maxTextRows)).map((each): Line => [[each, style]]),
    );
  return filled(lines.slice(-rows), rows);
}

/** Returns the keys that have an effect now. */
function keyLine({ run, access, connection }: WatchedRun, columns: number): Line {
  const key = (letter: string, full: string, short = full): Item => ({
    full: [[letter, 'bold'], ` ${full}`],
    short: [[letter.replace(' ', ''), 'bold'], ` ${short}`],
  });
  const commands = access === 'off' || connection !== 'open' ? [] : (run?.commands ?? []);
  const keys = [
    ...(commands.includes('pause') ? [key('p', run?.status === 'paused' ? 'resume' : 'pause')] : []),
    ...(commands.includes('stop') ? [key('s', 'stop')] : []),
    ...(commands.includes('setLearningRate') ? [key('l', 'learning rate', 'rate')] : []),
    key('← →', 'other run', 'run'),
    key('q', 'quit'),
  ];
  return lineOfItems(keys, columns);
}
