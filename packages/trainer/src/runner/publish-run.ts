import { type EventBody, type FinishedStatus, MonitorError } from '@mnist-monitor/shared';
import { type Output, Report } from '../console/report.ts';
import { RunControl } from '../training/run-control.ts';
import { Stopwatch } from '../training/stopwatch.ts';
import type { CommandHandler } from './command-handler.ts';
import type { Identity } from './gateway-link.ts';
import type { PreparedRun } from './prepare-run.ts';
import { Publisher, type Refusal } from './publisher.ts';
import { trainRun } from './train-run.ts';

export interface PublishOptions {
  identity: Identity;
  commands: CommandHandler;
  output: Output;
  /** Ends the run; to be aborted with a `RunEnd`. */
  signal: AbortSignal;
  /** Takes the end of the delivery: when the run is over, the gateway may not have all its events yet. */
  onDelivery: (delivery: Promise<void>) => void;
  /** Aborted when nobody can wait for the gateway any longer. */
  hurry: AbortSignal;
}

/**
 * Trains, and hands each event to the run's files, the gateway and the console.
 * @returns How the run ended.
 * @throws MonitorError
 */
export async function trainAndPublish(job: PreparedRun, options: PublishOptions): Promise<FinishedStatus> {
  const { config, folder, log, tensorboard, lock, before } = job;
  const { identity, commands, output, signal } = options;
  const report = new Report({ output, folder: folder.path, intervalSeconds: config.reportInterval });
  const emit = (body: EventBody): void => {
    const event = log.append(body);
    report.tell(event);
    publisher.notify();
    tensorboard.append(event);
  };
  const control = new RunControl({
    learningRate: before?.checkpoint?.learningRate ?? config.learningRate,
    schedule: config.schedule,
    changes: before?.told.learningRates,
    toldStep: before?.told.step,
    stopwatch: new Stopwatch(before?.checkpoint?.elapsedSeconds),
    emit,
  });
  let conflict: MonitorError | undefined;
  let isOver = false;
  const onRefused = (why: Refusal, reason: string): void => {
    conflict = conflictOf(why, job, identity);
    if (conflict) control.stop({ status: 'failed', reason: `the gateway has another run ${config.runId}` });
    else
      output.write(`The gateway does not take this run (${why}: ${reason}); training goes on without it.\n`);
    if (conflict && isOver) output.write(`${conflict.message}\n`);
  };
  const publisher = new Publisher({
    ...{ identity, log, onRefused },
    commands: commands.whileTraining,
    onReject: ({ seq, issues }) =>
      output.write(`The gateway left out event ${seq}: ${JSON.stringify(issues)}\n`),
  });
  const deliver = async (): Promise<void> => {
    const undelivered = await publisher.close(options.hurry);
    if (undelivered > 0)
      output.write(
        `The gateway at ${identity.url} did not take ${undelivered} events; all are in ${folder.path}.\n`,
      );
    log.close();
  };

  const end = (): void => control.stop(signal.reason);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  commands.running = { runId: config.runId, control };
  try {
    const status = await trainRun({ ...job, emit, show: (body) => report.tell(body), control });
    if (conflict) throw conflict;
    return status;
  } finally {
    isOver = true;
    commands.running = undefined;
    signal.removeEventListener('abort', end);
    lock.release();
    tensorboard.close();
    options.onDelivery(deliver());
  }
}

/**
 * What ends a run whose id is another's at the gateway: nobody would see it, and another id helps. Not so one that goes on:
 * its folder is here, and the end of its log may have gone with the power.
 */
function conflictOf(
  why: Refusal,
  { config, before }: PreparedRun,
  { url }: Identity,
): MonitorError | undefined {
  const { runId } = config;
  if (why === 'runTaken')
    return new MonitorError(
      'run.taken',
      `--run-id: expected an id that no other trainer uses, but the gateway at ${url} has a trainer for ${runId} connected`,
    );
  if (why === 'runExists' && !before)
    return new MonitorError(
      'run.exists',
      `--run-id: expected the id of a new run, but the gateway at ${url} has a run ${runId} already`,
    );
  return undefined;
}
