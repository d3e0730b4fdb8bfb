import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import type { EpochData } from '../../src/state/event-data.ts';
import { createCachedFindings, findingsOf } from '../../src/state/findings.ts';
import { applyEvent, emptyRun, type Run } from '../../src/state/run.ts';

const events = sampleRun({ epochs: 8, batchesPerEpoch: 5 });
const runOf = (list: readonly MonitorEvent[]): Run => {
  const run = emptyRun('20261124-100000-test');
  for (const event of list) applyEvent(run, event);
  return run;
};
type Scores = Partial<Record<'train' | 'test', { loss?: number; accuracy?: number }>>;
/** The sample run with other results of its epochs. */
const withScores = (scores: (epoch: number) => Scores): Run =>
  runOf(
    events.map((event) => {
      if (event.type !== 'epoch') return event;
      const { train, test } = scores(event.data.epoch);
      const data: EpochData = {
        ...event.data,
        train: { ...event.data.train, ...train },
        test: { ...event.data.test, ...test },
      };
      return { ...event, data };
    }),
  );
const codes = (run: Run): string[] => findingsOf(run).map(({ code }) => code);

describe('a finding', () => {
  it('is listed between the notices of the trainer, by its time', () => {
    const [started, ...others] = events;
    const notice = (code: string, at: number): MonitorEvent =>
      ({
        ...{ ...started, type: 'notice', time: events[at]!.time },
        data: { level: 'info', code, message: code, step: null },
      }) as MonitorEvent;
    const losses = others.map((event) =>
      event.type === 'batch' && event.data.step >= 20
        ? { ...event, data: { ...event.data, loss: Number.NaN } }
        : event,
    );
    const at = losses.findIndex((event) => event.type === 'batch' && event.data.step === 20) + 1;
    const list = [
      started!,
      ...losses.slice(0, at - 2),
      notice('before', at - 2),
      ...losses.slice(at - 2),
      notice('after', events.length - 1),
    ];
    const found = codes(runOf(list.map((event, index) => ({ ...event, seq: index + 1 }))));
    expect(found.filter((code) => ['before', 'after', 'training.diverged'].includes(code))).toEqual([
      'before',
      'training.diverged',
      'after',
    ]);
  });

  it('is a test loss that is not finite while the training loss is, until a later one is finite', () => {
    const bad = (last: number) =>
      withScores((epoch) => (epoch >= 3 && epoch <= last ? { test: { loss: Number.NaN } } : {}));
    expect(findingsOf(bad(8)).find(({ code }) => code === 'test.diverged')).toBeUndefined();
    expect(findingsOf(bad(8)).find(({ code }) => code === 'training.diverged')?.message).toMatch(
      /^The last test loss is NaN: the run has diverged\./,
    );
    const running = runOf(
      events
        .filter(({ type }) => type !== 'run.finished')
        .map((event) =>
          event.type === 'epoch' && event.data.epoch === 8
            ? { ...event, data: { ...event.data, test: { ...event.data.test, loss: Number.NaN } } }
            : event,
        ) as MonitorEvent[],
    );
    expect(findingsOf(running).find(({ code }) => code === 'test.diverged')).toMatchObject({
      ...{ level: 'warning', step: 40 },
      message: 'The test loss of epoch 8 is NaN, while the training loss is finite.',
    });
    expect(codes(bad(7))).not.toContain('test.diverged');
  });

  it('is a loss that has risen far above its start', () => {
    const risen = runOf(
      events.map((event) =>
        event.type === 'batch' && event.data.step > 20
          ? { ...event, data: { ...event.data, loss: 500 } }
          : event,
      ),
    );
    const [finding] = findingsOf({ ...risen, finished: null });
    expect(finding).toMatchObject({ level: 'error', code: 'training.diverging', step: 21 });
    expect(finding?.message).toBe(
      'The loss has risen to 500.0, far above its start: the run diverges. A smaller learning rate often helps.',
    );
    // The network still names nearly all test images at the end.
    expect(findingsOf(risen)[0]).toMatchObject({
      level: 'warning',
      message: 'The loss has risen to 500.0, far above its start. A smaller learning rate often helps.',
    });
  });

  it('is one rise of a loss that swings around the limit, until the run has recovered', () => {
    const batch = events.find((event) => event.type === 'batch') as MonitorEvent & { type: 'batch' };
    const risesAfter = (losses: readonly number[]): unknown[] => {
      const list = losses.map((loss, index) => ({
        ...{ ...batch, seq: index + 1 },
        data: { step: index + 1, loss },
      }));
      return findingsOf(runOf(list))
        .filter(({ code }) => code === 'training.diverging')
        .map(({ step }) => step);
    };
    const swinging = [1, ...Array.from({ length: 5 }, () => [500, 500, 500, 500, 500, 2]).flat()];
    expect(risesAfter(swinging)).toEqual([2]);
    expect(risesAfter([...swinging, ...Array(18).fill(2)])).toEqual([2]);
    expect(risesAfter([...swinging, ...Array(19).fill(2)])).toEqual([]);
  });

  it('is absent in a healthy run', () => {
    expect(codes(withScores((epoch) => ({ test: { accuracy: 0.9 + epoch * 0.01 } })))).toEqual([]);
  });

  it('is a step below the one before, whose later values replace the earlier ones', () => {
    const batch = events.find((event) => event.type === 'batch') as MonitorEvent & { type: 'batch' };
    const at = (step: number, index: number): MonitorEvent => ({
      ...batch,
      seq: index + 1,
      data: { step, loss: 1 },
    });
    const messages = (steps: number[]): string[] =>
      findingsOf(runOf(steps.map(at))).map(({ message }) => message);
    expect(messages([0, 1, 1, 2])).toEqual([]);
    expect(messages([0, 98, 99, 0, 1])).toEqual([
      'The run went back from step 99 to 0. Charts show only the later values; exports have all.',
    ]);
    expect(messages([0, 9, 0, 9, 3])).toEqual([
      'The run went back from step 9 to 3. It has done so 2 times. Charts show only the later values; exports have all.',
    ]);
  });

  it('is a loss that is not finite', () => {
    const diverged = events.map((event) =>
      event.type === 'batch' && event.data.step >= 7
        ? { ...event, data: { ...event.data, loss: Number.POSITIVE_INFINITY } }
        : event,
    );
    expect(findingsOf(runOf(diverged))[0]).toMatchObject({
      code: 'training.diverged',
      level: 'error',
      step: 7,
    });
  });

  it('is a training loss that has more than tripled', () => {
    const run = withScores((epoch) => ({
      train: { loss: epoch === 4 ? 2 : 0.3 },
      test: { accuracy: 0.9 + epoch * 0.01 },
    }));
    expect(findingsOf(run)[0]).toMatchObject({ code: 'training.diverging', step: 20 });
  });

  it('is a plateau of the test accuracy', () => {
    const run = withScores((epoch) => ({ test: { accuracy: epoch === 1 ? 0.9 : 0.95 } }));
    expect(findingsOf(run)[0]).toMatchObject({ code: 'training.plateau', step: 35 });
  });

  it('is no plateau of an accuracy that is not a number', () => {
    expect(findingsOf(withScores(() => ({ test: { accuracy: Number.NaN } })))).toEqual([]);
  });

  it('is a test loss that rises while the training loss falls', () => {
    const run = withScores((epoch) => ({
      train: { loss: 1 / epoch },
      test: { loss: epoch < 4 ? 1 / epoch : epoch / 8, accuracy: 0.9 + epoch * 0.01 },
    }));
    expect(findingsOf(run)[0]).toMatchObject({ code: 'training.overfit', level: 'warning' });
  });

  it('is an engine other than the requested one', () => {
    const requested = events.map((event) =>
      event.type === 'run.started'
        ? { ...event, data: { ...event.data, config: { ...event.data.config, engine: 'webgpu' } } }
        : event,
    );
    expect(codes(runOf(requested))).toContain('engine.fallback');
  });

  it('is a silence of the trainer', () => {
    const late = events.map((event) =>
      event.seq > 4 ? { ...event, time: new Date(Date.parse(event.time) + 60_000).toISOString() } : event,
    );
    expect(findingsOf(runOf(late))[0]).toMatchObject({ code: 'training.stalled', step: 3 });
  });

  it('is not repeated when the trainer has reported it', () => {
    const [started] = events;
    const notice = {
      ...started,
      seq: 2,
      type: 'notice',
      data: { level: 'error', code: 'training.diverged', message: 'reported', step: 1 },
    } as MonitorEvent;
    const batch = events.find(({ type }) => type === 'batch');
    const diverged = { ...batch, seq: 3, data: { ...batch?.data, loss: Number.NaN } } as MonitorEvent;
    const run = runOf([started as MonitorEvent, notice, diverged]);
    expect(findingsOf(run).map(({ message }) => message)).toEqual(['reported']);
  });

  it('is computed again only when its sources have changed', () => {
    const find = createCachedFindings();
    const run = runOf(events);
    expect(find(run)).toBe(find(run));
    expect(find(null)).toEqual([]);
  });
});
