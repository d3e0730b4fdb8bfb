import { describe, expect, it } from '@jest/globals';
import type { MonitorEvent } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { headerText } from '../../../src/panels/header/header-text.ts';
import { nameParts, viewDetail, wallFigures, wallProblem } from '../../../src/panels/wall/wall-text.ts';
import type { Session } from '../../../src/state/session.ts';
import { defaultView } from '../../../src/state/view.ts';
import {
  bareRun,
  epochsOnlyRun,
  languageModelRun,
  metricsRun,
  regressionRun,
} from '../../support/kinds-of-runs.ts';
import { connectedMessages, sessionOf, summaryOf } from '../../support/session.ts';

const figuresOf = (session: Session) => wallFigures({ session, now: 0, view: defaultView });
const namesOf = (events: readonly MonitorEvent[]): string[] =>
  figuresOf(sessionOf(connectedMessages(events))).map(({ name }) => name);
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the large numbers of the wall', () => {
  const run = sampleRun({ runId: 'a', epochs: 3, batchesPerEpoch: 20 });

  it.each([
    ['a classifier', run, ['Test accuracy', 'Loss', 'Epoch', 'Took']],
    [
      'a classifier in its first epoch',
      run.slice(0, 15),
      ['Loss', 'Training accuracy', 'Epoch', 'Time left'],
    ],
    [
      'a regression',
      regressionRun('a'),
      ['Loss', 'valid/rmse', 'Step', expect.stringMatching(/^feature_share/)],
    ],
    ['a language model', languageModelRun('a', 1_000), ['Loss', 'perplexity', 'Step', 'grad/norm']],
    ['epochs alone', epochsOnlyRun('a').slice(0, 4), expect.arrayContaining(['Epoch'])],
    ['metrics alone', metricsRun('a'), expect.arrayContaining(['Step'])],
    ['a run before its first value', run.slice(0, 1), []],
  ])('are, for %s, the most important ones', (_, events, names) => {
    expect(namesOf(events)).toEqual(names);
    expect(namesOf(events).length).toBeLessThanOrEqual(4);
  });

  it('are none of the run before while a trainer prepares the next one', () => {
    const session = sessionOf(connectedMessages(run));
    session.starting = [{ runId: null, name: null }];
    expect(figuresOf(session)).toEqual([]);
  });

  it('have no time that is left for a run that has diverged', () => {
    const diverged = run
      .slice(0, 15)
      .map((event) =>
        event.type === 'batch' ? { ...event, data: { ...event.data, loss: Number.NaN } } : event,
      );
    expect(namesOf(diverged)).toEqual(['Loss', 'Training accuracy', 'Epoch', 'Trained for']);
  });

  it('of a bare run are at most four', () => {
    expect(namesOf(bareRun('a')).length).toBeLessThanOrEqual(4);
  });

  it('have notes: when they were measured, how they have changed, and the totals', () => {
    const figures = figuresOf(sessionOf(connectedMessages(run.slice(0, -1))));
    expect(figures.map(({ note }) => plain(note))).toEqual([
      'after epoch 3, up 1.50 points',
      'smoothed',
      'of 3',
      'at this speed',
    ]);
  });

  it('show a loss that is not a number at once', () => {
    const events = run
      .slice(0, 15)
      .map((event) =>
        event.type === 'batch' && event.data.step === 12
          ? ({ ...event, data: { ...event.data, loss: 'NaN' } } as unknown as MonitorEvent)
          : event,
      );
    const until = events.findIndex((event) => event.type === 'batch' && event.data.step === 12) + 1;
    const messages = connectedMessages(events.slice(0, until)).map((message) =>
      message.type === 'event' && message.event.type === 'batch' && message.event.data.step === 12
        ? { ...message, event: { ...message.event, data: { ...message.event.data, loss: Number.NaN } } }
        : message,
    );
    expect(figuresOf(sessionOf(messages))[0]).toMatchObject({ name: 'Loss', value: 'NaN', isBad: true });
  });
});

describe('the problem that the wall shows', () => {
  const session = sessionOf(connectedMessages(sampleRun({ runId: 'a' })));
  const openAt = new Date(2026, 10, 24, 14, 3).getTime();

  it('is none while the page is connected', () => {
    expect(wallProblem(session, openAt)).toBe('');
  });

  it('is since when the numbers are old', () => {
    const lost = {
      ...session,
      connection: { name: 'waiting', retryInMs: 500, reason: 'connection lost' },
    } as const;
    expect(wallProblem(lost, openAt)).toBe('No connection since 14:03. What you see is from then.');
    expect(wallProblem({ ...lost, run: null }, openAt)).toBe('No connection since 14:03.');
    expect(wallProblem(lost, null)).toBe('The gateway does not respond.');
  });

  it.each([
    ['runNotFound', 'There is no run a.', 'There is no run Baseline. It may have been deleted.'],
    ['runDeleted', 'Run a was deleted.', 'Run Baseline was deleted.'],
  ] as const)(
    'is that the run is missing (%s), and what to do, not that the gateway is',
    (code, reason, text) => {
      const closed = { name: 'closed', reason, code } as const;
      const summary = summaryOf('a', { name: 'Baseline' });
      const advice = 'The address ?view=wall shows the latest run.';
      for (const at of [null, openAt])
        expect(wallProblem({ ...session, connection: closed, summary }, at)).toBe(`${text} ${advice}`);
    },
  );

  it('is why the gateway has closed the connection', () => {
    const closed = { name: 'closed', reason: 'Expected a run.', code: 'invalid' } as const;
    expect(wallProblem({ ...session, connection: closed }, null)).toBe(
      'The gateway has closed the connection: Expected a run. The page tries again by itself.',
    );
  });

  it('is that nothing new can be stored', () => {
    expect(wallProblem({ ...session, storeProblem: 'the disk is full' }, openAt)).toBe(
      'The gateway cannot store new data.',
    );
  });
});

it('a long name keeps its end, in which the runs of a list differ', () => {
  expect(nameParts('Rates, learning rate 0.05')).toEqual({ start: 'Rates,', end: 'learning rate 0.05' });
  expect(nameParts('20261201-100000-abcd')).toEqual({ start: '20261201-100000-abcd', end: '' });
  const sentence = 'A name, and after a comma a sentence that has no end and no number';
  expect(nameParts(sentence)).toEqual({ start: sentence, end: '' });
});

it('a view without controls does not ask for a click that nobody can make', () => {
  const waiting = sessionOf([...connectedMessages([]), { type: 'trainers', waiting: 1 }]);
  expect(viewDetail(headerText(waiting, 0))).toBe('The next run appears here when it begins.');
  const ended = sessionOf(connectedMessages(sampleRun()));
  expect(viewDetail(headerText(ended, 0))).toBe(headerText(ended, 0).detail);
});
