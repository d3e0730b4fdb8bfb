import { printable } from '@mnist-monitor/shared';
import {
  formatCount,
  formatDuration,
  formatGibibytes,
  formatLoss,
  formatPercent,
  formatPlural,
} from '@mnist-monitor/shared/console';
import type {
  BatchData,
  EpochData,
  EventBody,
  NoticeData,
  RunFinishedData,
  RunStartedData,
} from '../event-data.ts';
import { plainLine, progressLine, type Totals } from './progress-line.ts';

/** The stream that a report is written to: a terminal, a file or a pipe. */
export interface ConsoleOutput {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Options of `ConsoleReport`. */
export interface ConsoleReportOptions {
  output: ConsoleOutput;
  /** Path of the run's folder, as displayed. */
  folder: string;
  /** Seconds between two progress lines when the output is not a terminal. */
  intervalSeconds: number;
  /** Milliseconds of a monotonic clock. */
  now?: () => number;
  /** Value of the environment variable TERM; `dumb` is a terminal without escape sequences. */
  terminalType?: string | undefined;
}

/** Minimum time between two updates of the progress line on a terminal: faster changes cannot be read. */
const redrawMs = 100;
/** Width assumed for a terminal that reports no width or a width of 0. */
const defaultColumns = 80;

/** Displays the events of a run on the console: a table at the start, a progress line, lines for epochs, notices and the end. */
export class ConsoleReport {
  readonly #output: ConsoleOutput;
  readonly #folder: string;
  readonly #intervalMs: number;
  readonly #now: () => number;
  #totals: Totals = { epochs: 0, steps: 0 };
  #lastProgressAt = Number.NEGATIVE_INFINITY;
  readonly #canRedraw: boolean;
  /** Length of the progress line on the screen; 0 when there is none. */
  #shownLength = 0;

  constructor({
    output,
    folder,
    intervalSeconds,
    now = () => performance.now(),
    terminalType = process.env.TERM,
  }: ConsoleReportOptions) {
    this.#output = output;
    this.#folder = folder;
    this.#now = now;
    this.#canRedraw = Boolean(output.isTTY) && terminalType !== 'dumb';
    this.#intervalMs = this.#canRedraw ? redrawMs : intervalSeconds * 1_000;
  }

  /** Writes the lines for an event; none for types such as `system`, which the console does not display. */
  display(event: EventBody): void {
    switch (event.type) {
      case 'run.started':
        return this.#started(event.data);
      case 'batch':
        return this.#batch(event.data);
      case 'epoch':
        return this.#epoch(event.data);
      case 'notice':
        return this.#notice(event.data);
      case 'run.finished':
        return this.#finished(event.data);
    }
  }

  /** Writes a line that is not about an event. */
  print(text: string): void {
    this.#line(text);
  }

  #started(started: RunStartedData): void {
    this.#totals = { epochs: started.config.epochs, steps: started.totals.steps };
    const rows = { ...describeRun(started), Run: this.#folder };
    const lines = Object.entries(rows).map(([name, value]) => `  ${name.padEnd(9)} ${onOneLine(value)}`);
    this.#line(`\nTraining\n${lines.join('\n')}\n`);
  }

  #batch(batch: BatchData): void {
    const now = this.#now();
    const isLast = batch.step === this.#totals.steps;
    if (now - this.#lastProgressAt < this.#intervalMs && !isLast) return;
    this.#lastProgressAt = now;
    if (!this.#canRedraw) return this.#line(plainLine(batch, this.#totals));
    const line = progressLine(batch, this.#totals, this.#columns);
    this.#output.write(`${this.#toLineStart()}${line}\x1b[J`);
    this.#shownLength = line.length;
  }

  get #columns(): number {
    return this.#output.columns || defaultColumns;
  }

  /**
   * Returns the escape sequence that moves the cursor to the start of the progress line. If the terminal has become narrower
   * since the line was written, the line takes several rows.
   */
  #toLineStart(): string {
    const rowsAbove = Math.ceil(this.#shownLength / this.#columns) - 1;
    return rowsAbove > 0 ? `\x1b[${rowsAbove}A\r` : '\r';
  }

  #epoch({ epoch, train, test, seconds }: EpochData): void {
    const number = `${epoch}/${this.#totals.epochs}`.padStart(String(this.#totals.epochs).length * 2 + 1);
    const scores = [
      `train loss ${formatLoss(train.loss)}  accuracy ${formatPercent(train.accuracy)}`,
      `test loss ${formatLoss(test.loss)}  accuracy ${formatPercent(test.accuracy)}`,
    ];
    this.#line(`  Epoch ${number}   ${scores.join('   ')}   ${formatDuration(seconds)}`);
  }

  #notice({ level, message }: NoticeData): void {
    this.#line(
      `  ${level === 'info' ? 'Note' : level === 'warning' ? 'Warning' : 'Error'}: ${onOneLine(message)}`,
    );
  }

  #finished({ status, reason, test, bestEpoch, seconds, files }: RunFinishedData): void {
    const result = test
      ? `${formatPercent(test.accuracy)} test accuracy, test loss ${formatLoss(test.loss)}`
      : 'no epoch finished';
    const best = bestEpoch === null ? '' : `, best epoch ${bestEpoch}`;
    this.#line(`\nRun ${status} (${onOneLine(reason)}): ${result}${best}, in ${formatDuration(seconds)}`);
    if (files.length > 0) this.#line(`Saved in ${this.#folder}: ${files.join(', ')}`);
  }

  /** Writes a line in place of the progress line. */
  #line(text: string): void {
    const clear = this.#shownLength > 0 ? `${this.#toLineStart()}\x1b[J` : '';
    this.#output.write(`${clear}${printable(text)}\n`);
    this.#shownLength = 0;
  }
}

/** Joins the lines of a text, which comes from an event, so that it takes one line of the console. */
const onOneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ').trim();

/** Returns the rows of the table at the start of a run, by their names. */
function describeRun({ config, device, model, dataset, totals }: RunStartedData): Record<string, string> {
  return {
    Device: `${device.name} (${device.kind.toUpperCase()})`,
    GPU: device.gpu ? describeGpu(device.gpu) : 'none in use',
    Engine: `${device.engine}, ${device.kernels}, ${formatPlural(device.threads ?? 1, 'thread')}: ${device.reason}`,
    ...(device.precision !== undefined && {
      Precision: [device.precision, device.precisionReason].filter(Boolean).join(': '),
    }),
    Data: `${dataset.name}, ${formatCount(config.trainSize)} training and ${formatCount(config.testSize)} test images`,
    Network: `${model.layers.length} layers, ${formatCount(model.parameters)} parameters`,
    Training: `${formatPlural(config.epochs, 'epoch')} of ${formatPlural(totals.batchesPerEpoch, 'batch', 'batches')}, batch size ${config.batchSize}, seed ${config.seed}`,
    Learning: `${config.optimizer}, ${config.schedule} learning rate ${config.learningRate}${config.augment ? ', augmented images' : ''}`,
  };
}

function describeGpu({
  name,
  memoryBytes,
  driver,
  computeCapability,
}: NonNullable<RunStartedData['device']['gpu']>): string {
  return [
    name,
    memoryBytes === null ? undefined : formatGibibytes(memoryBytes),
    driver === null ? undefined : `driver ${driver}`,
    computeCapability === null ? undefined : `compute capability ${computeCapability}`,
  ]
    .filter(Boolean)
    .join(', ');
}
