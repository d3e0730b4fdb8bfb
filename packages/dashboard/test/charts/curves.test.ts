import { describe, expect, it } from '@jest/globals';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { Curve } from '../../src/charts/curves.ts';
import { applyEvent, emptyRun, type Run } from '../../src/state/run.ts';

const runOf = (epochs: number): Run => {
  const run = emptyRun('r');
  for (const event of sampleRun({ epochs, batchesPerEpoch: 20 })) applyEvent(run, event);
  return run;
};
const options = { view: 'loss-log', weight: 0.5, width: 500 } as const;

describe('a curve', () => {
  it('is drawn over all steps with a mark at each epoch', () => {
    const curve = new Curve('loss');
    curve.follow(runOf(3));
    const frame = curve.frame(options);
    expect(frame.rows[0]).toHaveLength(60);
    expect(frame.marks).toEqual([20, 40, 60]);
    expect(frame.x).toEqual({ min: 0, max: 60 });
    expect(frame.stretches).toEqual([]);
  });

  it('reads out its end, or any step with the last test result before it', () => {
    const run = runOf(3);
    const curve = new Curve('accuracy');
    curve.follow(run);
    curve.frame({ ...options, view: 'accuracy-close' });
    expect(curve.read(null)).toMatchObject({ step: 60, epoch: 3, test: run.epochs[2]?.test.accuracy });
    expect(curve.read(39)).toMatchObject({ step: 39, epoch: 2, test: run.epochs[0]?.test.accuracy });
    expect(curve.read(5)?.test).toBeUndefined();
  });

  it('keeps the end of the smoothed curve in sight when it shows accuracies close up', () => {
    const curve = new Curve('accuracy');
    curve.follow(runOf(1));
    const { y } = curve.frame({ ...options, view: 'accuracy-close' });
    expect(y.min).toBeGreaterThan(0);
    expect(y.min).toBeLessThan(curve.read(null)?.smooth as number);
  });

  it('shows nothing of the run before when it follows another', () => {
    const curve = new Curve('loss');
    curve.follow(runOf(3));
    curve.frame(options);
    curve.follow(emptyRun('next'));
    expect(curve.frame(options).rows[0]).toEqual([]);
    expect(curve.read(null)).toBeUndefined();
    curve.follow(runOf(1));
    expect(curve.frame(options).rows[2]).toEqual(
      new Curve('loss').frame(options).rows[2].concat(fresh(1).frame(options).rows[2]),
    );
  });
});

function fresh(epochs: number): Curve {
  const curve = new Curve('loss');
  curve.follow(runOf(epochs));
  return curve;
}
