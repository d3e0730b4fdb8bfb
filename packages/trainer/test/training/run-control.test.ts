import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { EventBody, NoticeData } from '../../src/event-data.ts';
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

describe('RunControl', () => {
  test('continues without a notice when nothing is requested', async () => {
    const { control, codes } = newControl();
    expect(await control.shouldContinue(1)).toBe(true);
    expect(control.end).toBeUndefined();
    expect(codes()).toEqual([]);
  });

  test('pauses the run and its stopwatch until it is resumed (P-130, P-131)', async () => {
    let now = 0;
    const { control, codes } = newControl({ stopwatch: new Stopwatch(0, () => now) });
    control.pause();
    control.pause();
    const paused = control.shouldContinue(5);
    await nextTurn();
    now = 10_000;
    expect(codes()).toEqual(['run.paused']);
    control.resume();
    expect(await paused).toBe(true);
    expect(codes()).toEqual(['run.paused', 'run.resumed']);
    expect(control.stopwatch.seconds).toBe(0);
  });

  test('ignores a pause that is withdrawn before the step ends', async () => {
    const { control, codes } = newControl();
    control.pause();
    control.resume();
    expect(await control.shouldContinue(1)).toBe(true);
    expect(codes()).toEqual([]);
  });

  test('ends the run with the first reason, also while the run is paused', async () => {
    const { control, codes } = newControl();
    control.pause();
    const paused = control.shouldContinue(1);
    control.stop(stopped);
    control.stop({ status: 'interrupted', reason: 'later' });
    expect(await paused).toBe(false);
    expect(control.end).toEqual(stopped);
    expect(codes()).toEqual(['run.paused']);
  });

  test('sets the learning rate from the next step on, also while the run is paused (P-133)', async () => {
    const { control, notices } = newControl();
    control.setLearningRate(0.005);
    expect(control.baseLearningRateAt(4)).toBe(0.01);
    await control.shouldContinue(4);
    expect([4, 5].map((step) => control.baseLearningRateAt(step))).toEqual([0.01, 0.005]);
    control.pause();
    const paused = control.shouldContinue(6);
    await nextTurn();
    control.setLearningRate(0.002);
    await nextTurn();
    expect(control.baseLearningRateAt(7)).toBe(0.002);
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
    await paused;
  });

  test('names the peak in the notice when the run has a schedule (P-133)', async () => {
    const { control, notices } = newControl({ schedule: 'one-cycle' });
    control.setLearningRate(0.05);
    await control.shouldContinue(1);
    expect(notices).toMatchObject([
      { message: expect.stringMatching(/^Peak of the learning rate set to 0.05/) },
    ]);
  });

  test('applies logged changes of a resumed run again, and a new one only after the last logged step', async () => {
    const changes = [
      { after: 10, learningRate: 0.005 },
      { after: 12, learningRate: 0.002 },
    ];
    const { control, notices } = newControl({ changes, emittedStep: 14 });
    control.setLearningRate(0.1);
    await control.shouldContinue(8);
    const rates = [9, 10, 11, 12, 13, 14, 15].map((step) => control.baseLearningRateAt(step));
    expect(rates).toEqual([0.01, 0.01, 0.005, 0.005, 0.002, 0.002, 0.1]);
    expect(notices).toMatchObject([{ step: 14, value: 0.1 }]);
  });

  test('names who gave each command, and the step, in its notices', async () => {
    const { control, notices } = newControl();
    control.setLearningRate(0.5, 'bot');
    control.pause('ada');
    const paused = control.shouldContinue(3);
    await nextTurn();
    control.resume('bob');
    await paused;
    expect(notices).toEqual([
      {
        ...{ level: 'info', code: 'learning_rate.set', message: 'Learning rate set to 0.5 after step 3.' },
        ...{ step: 3, value: 0.5, by: 'bot' },
      },
      { level: 'info', code: 'run.paused', message: 'Paused after step 3.', step: 3, by: 'ada' },
      { level: 'info', code: 'run.resumed', message: 'Resumed after step 3.', step: 3, by: 'bob' },
    ]);
  });

  test('reports no pause twice when a paused run gets another command', async () => {
    const { control, codes } = newControl();
    control.pause();
    const paused = control.shouldContinue(1);
    await nextTurn();
    control.setLearningRate(0.5);
    await nextTurn();
    control.resume();
    await paused;
    expect(codes()).toEqual(['run.paused', 'learning_rate.set', 'run.resumed']);
  });

  test('does not change the rate of a run that has been stopped', async () => {
    const { control, codes } = newControl();
    control.stop(stopped);
    control.setLearningRate(0.5);
    expect(await control.shouldContinue(1)).toBe(false);
    expect(codes()).toEqual([]);
    expect(control.baseLearningRateAt(2)).toBe(0.01);
  });
});
