import {
  lossOf,
  metricsOf,
  type RunList,
  type RunSummary,
  secondsOf,
  testLossOf,
} from '@mnist-monitor/shared';
import { rounded, runTexts, shortText, withoutEmpty } from './values.ts';

/** Most custom metrics and settings of a run in an answer. */
const maxEntries = 16;

/** Returns the settings of a run; numbers, booleans and known words, with texts of publishers cut. */
function settingsOf({ started }: RunSummary, entryLimit = maxEntries): object {
  const entries = Object.entries(started?.config ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .slice(0, entryLimit)
    .map(([name, value]) => [shortText(name), typeof value === 'string' ? shortText(value) : value]);
  return Object.fromEntries(entries);
}

function customMetricsOf(run: RunSummary, entryLimit: number): object {
  const entries = Object.entries(metricsOf(run)).slice(0, entryLimit);
  return Object.fromEntries(entries.map(([name, value]) => [shortText(name), rounded(value)]));
}

/** Returns one line of the list of runs. */
const rowOf = (run: RunSummary): object =>
  withoutEmpty({
    runId: run.runId,
    status: run.status,
    startedAt: run.startedAt,
    step: run.batch?.step,
    epoch: run.epoch?.epoch,
    loss: rounded(lossOf(run)),
    bestTestAccuracy: rounded(run.bestAccuracy),
    texts: runTexts(run),
  });

/** Returns a page of the list of runs. */
export const describeRuns = ({ total, runs }: RunList): object => ({ total, runs: runs.map(rowOf) });

/**
 * Returns the state, the results, the settings and the texts of a run.
 * @param entryLimit Most settings and most custom metrics.
 */
export function describeRun(run: RunSummary, entryLimit = maxEntries): object {
  const { started, batch, epoch, finished } = run;
  return withoutEmpty({
    runId: run.runId,
    status: run.status,
    connected: run.connected,
    acceptedCommands: run.commands,
    startedAt: run.startedAt,
    lastEventAt: run.lastEventAt,
    lastSeq: run.lastSeq,
    totals: started?.totals && withoutEmpty(started.totals),
    latestBatch:
      batch &&
      withoutEmpty({
        step: batch.step,
        epoch: batch.epoch,
        loss: rounded(batch.loss),
        accuracy: rounded(batch.accuracy),
        learningRate: rounded(batch.learningRate),
        perSecond: rounded(batch.throughput ?? batch.imagesPerSecond),
        secondsLeft: rounded(batch.etaSeconds),
      }),
    latestEpoch:
      epoch &&
      withoutEmpty({
        epoch: epoch.epoch,
        trainLoss: rounded(epoch.train?.loss),
        testLoss: rounded(epoch.test?.loss),
        testAccuracy: rounded(epoch.test?.accuracy),
      }),
    bestTestAccuracy: rounded(run.bestAccuracy),
    testLoss: rounded(testLossOf(run)),
    seconds: rounded(secondsOf(run)),
    texts: withoutEmpty({
      ...runTexts(run),
      note: run.note === null ? null : shortText(run.note),
      dataset: started?.dataset?.name && shortText(started.dataset.name),
      device: started?.device?.name && shortText(started.device.name),
      settings: settingsOf(run, entryLimit),
      customMetrics: customMetricsOf(run, entryLimit),
      endedBecause: finished && shortText(finished.reason),
    }),
  });
}

/** Returns the results of several runs, and those of their settings that differ. */
export function compareRuns(runs: readonly RunSummary[], entryLimit = maxEntries): object {
  const settings = runs.map((run) => settingsOf(run) as Record<string, unknown>);
  const names = [...new Set(settings.flatMap((each) => Object.keys(each)))];
  const differing = names
    .filter((name) => new Set(settings.map((each) => each[name])).size > 1)
    .slice(0, entryLimit);
  return {
    runs: runs.map((run, at) => ({
      ...rowOf(run),
      texts: withoutEmpty({
        ...runTexts(run),
        differingSettings: Object.fromEntries(differing.map((name) => [name, settings[at]?.[name] ?? null])),
      }),
    })),
  };
}
