import { describe, expect, it } from '@jest/globals';
import { Alerts, mostSerious } from '../../src/state/alerts.ts';
import type { Finding } from '../../src/state/findings.ts';
import { emptyRun } from '../../src/state/run.ts';

const finding = (level: Finding['level'], step: number): Finding => ({
  ...{ level, code: `test.${level}`, message: `${level} of ${step}`, step },
  time: new Date(step * 1_000).toISOString(),
});

describe('the alerts', () => {
  it('are the warnings and errors after the stored events of the run, also those that arrived during a lost connection', () => {
    const alerts = new Alerts();
    const run = emptyRun('a');
    const past = [finding('error', 1)];
    expect(alerts.update(run, past, false)).toEqual([]);
    expect(alerts.update(run, past, true)).toEqual([]);
    expect(alerts.current).toBeNull();
    const [warning, info] = [finding('warning', 2), finding('info', 3)];
    // The events of the time without a connection arrive as stored ones.
    expect(alerts.update(run, [...past, warning, info], false)).toEqual([warning]);
    expect(alerts.current).toBe(warning);
    expect(alerts.update(run, [...past, warning, info], true)).toEqual([]);
  });

  it('do not repeat a finding that moves in the list, and end with the run', () => {
    const alerts = new Alerts();
    const run = emptyRun('a');
    alerts.update(run, [], true);
    const [first, second] = [finding('warning', 2), finding('warning', 4)];
    alerts.update(run, [second], true);
    expect(alerts.update(run, [first, second], true)).toEqual([first]);
    const next = emptyRun('a');
    expect(alerts.update(next, [first], true)).toEqual([]);
    expect(alerts.current).toBeNull();
  });

  it('tell two warnings of one moment apart, which arrive one after the other', () => {
    const alerts = new Alerts();
    const run = emptyRun('a');
    alerts.update(run, [], true);
    const first = finding('warning', 2);
    const second = { ...first, message: 'The GPU is hot.' };
    alerts.update(run, [first], true);
    expect(alerts.update(run, [first, second], true)).toEqual([second]);
    expect(alerts.current).toBe(second);
  });

  it('leave out notes, however often they change', () => {
    const alerts = new Alerts();
    const run = emptyRun('a');
    alerts.update(run, [], true);
    for (let step = 1; step < 4; step += 1)
      expect(alerts.update(run, [finding('info', step)], true)).toEqual([]);
    expect(alerts.current).toBeNull();
  });

  it('end when their finding no longer holds, and are not repeated when it holds again', () => {
    const alerts = new Alerts();
    const run = emptyRun('a');
    alerts.update(run, [], true);
    const [warning, error] = [finding('warning', 1), finding('error', 2)];
    alerts.update(run, [warning, error], true);
    // The page finds its own findings anew each time: an equal one is the same one.
    alerts.update(run, [warning, { ...error }], true);
    expect(alerts.current).toEqual(error);
    expect(alerts.update(run, [warning], true)).toEqual([]);
    expect(alerts.current).toBeNull();
    expect(alerts.update(run, [warning, { ...error }], true)).toEqual([]);
    expect(alerts.current).toBeNull();
  });

  it('name the latest error of a run before its latest warning', () => {
    const all = [finding('error', 1), finding('error', 2), finding('warning', 3), finding('info', 4)];
    expect(mostSerious(all)).toBe(all[1]);
    expect(mostSerious(all.slice(2))).toBe(all[2]);
    expect(mostSerious(all.slice(3))).toBeUndefined();
  });
});
