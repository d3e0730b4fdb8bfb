import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { EventBody, NoticeData } from '@mnist-monitor/shared';
import { RunControl, type RunControlOptions } from '../../src/training/run-control.ts';
import { Stopwatch } from '../../src/training/stopwatch.ts';

function newControl(options: Partial<RunControlOptions> = {}) {
  const notices: NoticeData[] = [];
  const emit = (event: EventBody): void => {
    notices.push(event.data as NoticeData);
  };
  const control = new RunControl({ learningRate: 0.01, schedule: 'constant', emit, ...options });
  return { control, notices, codes: () => notices.map(({ code }) => code) };
}

const stopped = { status: 'stopped', reason: 'enough' } as const;

describe('the control of a run', () => {
  test('lets it go on, and says nothing, as long as nothing is asked', async () => {
    const { control, codes } = newControl();
    expect(await control.mayGoOn(1)).toBe(true);
    expect(control.end).toBeUndefined();
    expect(codes()).toEqual([]);
  });

  test('holds it until it is resumed, with the clock standing still', async () => {
    let now = 0;
    const { control, codes } = newControl({ stopwatch: new Stopwatch(0, () => now) });
    control.pause();
    control.pause();
    const held = control.mayGoOn(5);
    await turn();
    now = 10_000;
    expect(codes()).toEqual(['run.paused']);
    control.resume();
    expect(await held).toBe(true);
    expect(codes()).toEqual(['run.paused', 'run.resumed']);
    expect(control.stopwatch.seconds).toBe(0);
  });

  test('does nothing when it is resumed before it was held', async () => {
    const { control, codes } = newControl();
    control.pause();
    control.resume();
    expect(await control.mayGoOn(1)).toBe(true);
    expect(codes()).toEqual([]);
  });

  test('ends it, also while it is held, with the first reason', async () => {
    const { control, codes } = newControl();
    control.pause();
    const held = control.mayGoOn(1);
    control.stop(stopped);
    control.stop({ status: 'interrupted', reason: 'later' });
    expect(await held).toBe(false);
    expect(control.end).toEqual(stopped);
    expect(codes()).toEqual(['run.paused']);
  });

  test('sets the learning rate after the step that it is in, also while it is held', async () => {
    const { control, notices } = newControl();
    control.setLearningRate(0.005);
    expect(control.learningRateAt(4)).toBe(0.01);
    await control.mayGoOn(4);
    expect([4, 5].map((step) => control.learningRateAt(step))).toEqual([0.01, 0.005]);
    control.pause();
    const held = control.mayGoOn(6);
    await turn();
    control.setLearningRate(0.002);
    await turn();
    expect(control.learningRateAt(7)).toBe(0.002);
    expect(notices).toMatchObject([
      {
        code: 'learning_rate.set',
        step: 4,
        value: 0.005,
        message: 'Learning rate set to 0.005 after step 4.',
      },
      { code: 'run.paused', step: 6 },
      { code: 'learning_rate.set', step: 6, value: 0.002 },
    ]);
    control.resume();
    await held;
  });

  test('says that it is the peak that was set, where there is a schedule', async () => {
    const { control, notices } = newControl({ schedule: 'one-cycle' });
    control.setLearningRate(0.05);
    await control.mayGoOn(1);
    expect(notices).toMatchObject([
      { message: expect.stringMatching(/^Peak of the learning rate set to 0.05/) },
    ]);
  });

  test('repeats what was set before, and takes something new only where the run was cut short', async () => {
    const changes = [
      { after: 10, learningRate: 0.005 },
      { after: 12, learningRate: 0.002 },
    ];
    const { control, notices } = newControl({ changes, toldStep: 14 });
    control.setLearningRate(0.1);
    await control.mayGoOn(8);
    const rates = [9, 10, 11, 12, 13, 14, 15].map((step) => control.learningRateAt(step));
    expect(rates).toEqual([0.01, 0.01, 0.005, 0.005, 0.002, 0.002, 0.1]);
    expect(notices).toMatchObject([{ step: 14, value: 0.1 }]);
  });
});
