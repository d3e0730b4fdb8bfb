import type {
  BatchData,
  EpochData,
  EventBody,
  NoticeData,
  RunFinishedData,
  RunStartedData,
} from '@mnist-monitor/shared';
import { counted, decimal, duration, gibibytes, grouped, percent } from './format.ts';
import { plainLine, progressLine, type Totals } from './progress-line.ts';

/** What a report is written to: a terminal or a file. */
export interface Output {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

export interface ReportOptions {
  output: Output;
  /** Where the run is kept, as shown. */
  folder: string;
  /** Without a terminal: seconds between two lines of progress. */
  intervalSeconds: number;
  now?: () => number;
}

/** Ten times a second is as often as an eye follows. */
const redrawMs = 100;
const clearLine = '\r\x1b[2K';

/** Tells a run on the console, event by event. */
export class Report {
  readonly #output: Output;
  readonly #folder: string;
  readonly #intervalMs: number;
  readonly #now: () => number;
  #totals: Totals = { epochs: 0, steps: 0 };
  #toldAt = Number.NEGATIVE_INFINITY;
  #barShown = false;

  constructor({ output, folder, intervalSeconds, now = () => performance.now() }: ReportOptions) {
    this.#output = output;
    this.#folder = folder;
    this.#now = now;
    this.#intervalMs = output.isTTY ? redrawMs : intervalSeconds * 1_000;
  }

  tell(event: EventBody): void {
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

  #started({ config, device, model, dataset, totals }: RunStartedData): void {
    this.#totals = { epochs: config.epochs, steps: totals.steps };
    const { gpu } = device;
    const gpuParts = gpu && [
      gpu.name,
      gpu.memoryBytes === null ? undefined : gibibytes(gpu.memoryBytes),
      gpu.driver === null ? undefined : `driver ${gpu.driver}`,
      gpu.computeCapability === null ? undefined : `compute capability ${gpu.computeCapability}`,
    ];
    const rows = {
      Device: `${device.name} (${device.kind.toUpperCase()})`,
      GPU: gpuParts?.filter(Boolean).join(', ') ?? 'none in use',
      Engine: `${device.engine}, ${device.kernels}, ${counted(device.threads ?? 1, 'thread')}: ${device.reason}`,
      Data: `${dataset.name}, ${grouped(config.trainSize)} training and ${grouped(config.testSize)} test images`,
      Network: `${model.layers.length} layers, ${grouped(model.parameters)} parameters`,
      Training: `${counted(config.epochs, 'epoch')} of ${counted(totals.batchesPerEpoch, 'batch', 'batches')}, batch size ${config.batchSize}, seed ${config.seed}`,
      Learning: `${config.optimizer}, ${config.schedule} learning rate ${config.learningRate}${config.augment ? ', images moved a little' : ''}`,
      Run: this.#folder,
    };
    const lines = Object.entries(rows).map(([name, value]) => `  ${name.padEnd(9)} ${value}`);
    this.#line(`\nTraining\n${lines.join('\n')}\n`);
  }

  #batch(batch: BatchData): void {
    const now = this.#now();
    const last = batch.step === this.#totals.steps;
    if (now - this.#toldAt < this.#intervalMs && !last) return;
    this.#toldAt = now;
    if (!this.#output.isTTY) return this.#line(plainLine(batch, this.#totals));
    this.#output.write(`\r${progressLine(batch, this.#totals, this.#output.columns ?? 80)}\x1b[K`);
    this.#barShown = true;
  }

  #epoch({ epoch, train, test, seconds }: EpochData): void {
    const number = `${epoch}/${this.#totals.epochs}`.padStart(String(this.#totals.epochs).length * 2 + 1);
    const scores = [
      `train loss ${decimal(train.loss)}  accuracy ${percent(train.accuracy)}`,
      `test loss ${decimal(test.loss)}  accuracy ${percent(test.accuracy)}`,
    ];
    this.#line(`  Epoch ${number}   ${scores.join('   ')}   ${duration(seconds)}`);
  }

  #notice({ level, message }: NoticeData): void {
    this.#line(`  ${level === 'info' ? 'Note' : level === 'warning' ? 'Warning' : 'Error'}: ${message}`);
  }

  #finished({ status, reason, test, bestEpoch, seconds, files }: RunFinishedData): void {
    const result = test
      ? `${percent(test.accuracy)} test accuracy, test loss ${decimal(test.loss)}`
      : 'no epoch finished';
    const best = bestEpoch === null ? '' : `, best epoch ${bestEpoch}`;
    this.#line(`\nRun ${status} (${reason}): ${result}${best}, in ${duration(seconds)}`);
    if (files.length > 0) this.#line(`Saved in ${this.#folder}: ${files.join(', ')}`);
  }

  /** A line of its own, above the bar. */
  #line(text: string): void {
    this.#output.write(`${this.#barShown ? clearLine : ''}${text}\n`);
    this.#barShown = false;
  }
}
