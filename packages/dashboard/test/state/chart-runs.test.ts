import { describe, expect, it } from '@jest/globals';
import { chartRuns } from '../../src/state/chart-runs.ts';
import { emptyRun } from '../../src/state/run.ts';
import { summaryOf } from '../support/session.ts';

const run = emptyRun('20261124-100000-test');

describe('the lines of runs on a chart', () => {
  it('differ in colour and dashes when there are several', () => {
    expect(chartRuns(null, null, [])).toEqual([]);
    expect(chartRuns(run, null, [])).toEqual([{ run, name: run.runId, color: '--train' }]);
    const lines = chartRuns(run, summaryOf(run.runId, { title: 'mine' }), [
      { run: emptyRun('other'), summary: null },
    ]);
    expect(lines.map(({ name, color }) => [name, color])).toEqual([
      ['mine', '--run-1'],
      ['other', '--run-2'],
    ]);
    expect(lines[1]?.dash).toBeDefined();
  });

  it('can be hidden, but not that of a single run', () => {
    const others = [{ run: emptyRun('other'), summary: null }];
    const hiddenOf = (hidden: string[], compared = others) =>
      chartRuns(run, null, compared, hidden).map((one) => one.hidden ?? false);
    expect(hiddenOf(['other'])).toEqual([false, true]);
    expect(hiddenOf([run.runId])).toEqual([true, false]);
    expect(hiddenOf([run.runId], [])).toEqual([false]);
  });
});
