import { type FinishedStatus, MonitorError } from '@mnist-monitor/shared';
import type { TrainerConfig } from './config.ts';
import { type Output, Report } from './console/report.ts';
import { takeFirst } from './dataset/dataset.ts';
import { loadDataset } from './dataset/load.ts';
import { describeDevice, type Selection, selectEngine } from './engines/select.ts';
import { Publisher } from './publish/publisher.ts';
import { readCheckpoint } from './run/checkpoint.ts';
import { EventLog } from './run/event-log.ts';
import { findInterrupted } from './run/interrupted.ts';
import { RunFolder } from './run/run-folder.ts';
import { readTold } from './run/told.ts';
import { readVersions } from './run/versions.ts';
import { type RunEnd, runSession } from './session.ts';

export interface TrainerOptions {
  config: TrainerConfig;
  output: Output;
  /** Ends the run after the step it is in; to be aborted with a `RunEnd`. */
  signal: AbortSignal;
}

/**
 * Trains once: reads the data, starts the engine, and hands each event to the run's file, the gateway and the console.
 * Whatever is wrong with what it was given shows before the run's folder is made.
 * @returns How the run ended.
 * @throws MonitorError
 */
export async function runTrainer({ config: asked, output, signal }: TrainerOptions): Promise<FinishedStatus> {
  const interrupted = asked.resume === undefined ? undefined : findInterrupted(asked.runs, asked.resume);
  const config = interrupted ? { ...asked, ...interrupted.training, runId: interrupted.runId } : asked;
  const all = await loadDataset(config.data);
  const train = takeFirst(all.train, config.trainSize, '--train-size');
  const test = takeFirst(all.test, config.testSize, '--test-size');
  const dataset = { ...all, train, test };
  const selection = await selectEngine({ choice: config.engine, threads: config.threads });

  const folder = interrupted ? RunFolder.open(config.runs, config.runId) : createRun(config, selection);
  const log = new EventLog({ runId: config.runId, folder });
  const before = log.lastSeq === 0 ? undefined : { told: readTold(log), checkpoint: readCheckpoint(folder) };
  const report = new Report({ output, folder: folder.path, intervalSeconds: config.reportInterval });
  const refusal = new AbortController();
  const publisher = new Publisher({
    url: config.gatewayUrl,
    log,
    token: config.token,
    onReject: ({ seq, issues }) =>
      output.write(`The gateway left out event ${seq}: ${JSON.stringify(issues)}\n`),
    onRefused(why, reason) {
      const end: RunEnd = { status: 'failed', reason: `another trainer publishes run ${config.runId}` };
      if (why === 'runTaken') refusal.abort(end);
      else
        output.write(
          `The gateway does not take this run (${why}: ${reason}); training goes on without it.\n`,
        );
    },
  });

  try {
    const status = await runSession({
      ...{ config, dataset, selection, folder, before },
      signal: AbortSignal.any([signal, refusal.signal]),
      emit(body) {
        report.tell(log.append(body));
        publisher.notify();
      },
      show: (body) => report.tell(body),
    });
    if (refusal.signal.aborted)
      throw new MonitorError(
        'run.taken',
        `--run-id: expected an id that no other trainer uses, but the gateway at ${config.gatewayUrl} has a trainer for ${config.runId} connected`,
      );
    return status;
  } finally {
    const undelivered = await publisher.close();
    if (undelivered > 0)
      output.write(
        `The gateway at ${config.gatewayUrl} did not take ${undelivered} events; all are in ${folder.path}.\n`,
      );
    log.close();
  }
}

/** Makes the folder of a new run and writes down what makes it. */
function createRun(config: TrainerConfig, selection: Selection): RunFolder {
  const folder = RunFolder.create(config.runs, config.runId);
  const { token: _secret, ...settings } = config;
  const description = { ...settings, device: describeDevice(selection), versions: readVersions() };
  folder.write('run.json', `${JSON.stringify(description, null, 2)}\n`);
  return folder;
}
