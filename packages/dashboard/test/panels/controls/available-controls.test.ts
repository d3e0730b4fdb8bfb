import { describe, expect, it } from '@jest/globals';
import type { LiveClientMessage, RunStatus, Version1EventOf } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import {
  acceptedStarts,
  availableControls,
  invalidRateNote,
  queueRunOf,
  rateChangedNote,
} from '../../../src/panels/controls/available-controls.ts';
import type { Session } from '../../../src/state/session.ts';
import { regressionRun } from '../../support/kinds-of-runs.ts';
import { connectedMessages, sessionOf } from '../../support/session.ts';

const events = sampleRun();
const commands = ['pause', 'resume', 'stop', 'setLearningRate'] as const;
const running = connectedMessages(events.slice(0, 40), { commands: [...commands] });
const controlsAfter = (messages: readonly LiveClientMessage[], change: Partial<Session> = {}) =>
  availableControls(Object.assign(sessionOf(messages), change));

describe('the controls', () => {
  it('are those that the trainer accepts', () => {
    expect(controlsAfter(running)).toMatchObject({
      pause: 'pause',
      stop: true,
      setLearningRate: true,
      newRun: false,
      note: '',
    });
    expect(controlsAfter(connectedMessages(events.slice(0, 40)))).toMatchObject({
      pause: null,
      stop: false,
      setLearningRate: false,
    });
  });

  it('offer a new run to a waiting trainer at once, and to a training one through its queue', () => {
    const queueing = connectedMessages(events.slice(0, 40), { commands: [...commands, 'enqueue'] });
    expect(acceptedStarts(sessionOf(running))).toEqual({ start: false, enqueue: false });
    expect(acceptedStarts(sessionOf(queueing))).toEqual({ start: false, enqueue: true });
    expect(controlsAfter(queueing).newRun).toBe(true);
    const both = Object.assign(sessionOf(queueing), { waitingTrainers: 1 });
    expect(acceptedStarts(both)).toEqual({ start: true, enqueue: true });
    expect(acceptedStarts(Object.assign(both, { commands: 'off' }))).toEqual({
      start: false,
      enqueue: false,
    });
    const ended = connectedMessages(events, { commands: [...commands, 'enqueue'], status: 'completed' });
    expect(acceptedStarts(sessionOf(ended))).toEqual({ start: false, enqueue: false });
  });

  it('offer a new run on the page of an ended run, through the queue of a trainer that trains another run', () => {
    const ended = connectedMessages(events, { status: 'completed' });
    const statusOf = (status: RunStatus, connected = true): LiveClientMessage => ({
      ...{ type: 'status', runId: 'another-run', status, connected, viewers: 1 },
      commands: [...commands, 'enqueue'],
    });
    const busy = sessionOf([...ended, statusOf('running')]);
    expect(acceptedStarts(busy)).toEqual({ start: false, enqueue: true });
    expect(queueRunOf(busy)).toBe('another-run');
    expect(availableControls(busy)).toMatchObject({ newRun: true, stop: false, pause: null });
    expect(
      queueRunOf(Object.assign(sessionOf([...ended, statusOf('running')]), { commands: 'off' })),
    ).toBeNull();
    for (const last of [statusOf('completed'), statusOf('running', false)])
      expect(queueRunOf(sessionOf([...ended, statusOf('running'), last]))).toBeNull();
    // After a lost connection, the other run may have ended without a message.
    expect(queueRunOf(sessionOf([...ended, statusOf('running'), ...ended]))).toBeNull();
  });

  it('offer to resume a paused run', () => {
    const session = sessionOf(running);
    if (session.run) session.run.paused = true;
    expect(availableControls(session).pause).toBe('resume');
  });

  it('are hidden with the reason where commands are off', () => {
    const off = controlsAfter(running, { commands: 'off', commandsOffReason: 'set --command-token' });
    expect(off).toMatchObject({ pause: null, stop: false, newRun: false });
    expect(off.note).toBe('Controls are off: set --command-token.');
  });

  it('stay in place but disabled while the connection is lost', () => {
    const waiting = { name: 'waiting', retryInMs: 1_000, reason: 'lost' } as const;
    expect(controlsAfter(running).enabled).toBe(true);
    expect(controlsAfter([...running, { type: 'connection', state: waiting }])).toEqual({
      ...controlsAfter(running),
      enabled: false,
    });
    const none = controlsAfter([{ type: 'connection', state: waiting }]);
    expect(none).toMatchObject({ pause: null, stop: false, newRun: false, note: '' });
  });

  it('are gone when the run has ended', () => {
    const controls = controlsAfter(connectedMessages(events, { commands: [...commands] }));
    expect(controls).toMatchObject({ pause: null, stop: false, setLearningRate: false });
  });

  it('offer a new run while a trainer waits', () => {
    expect(controlsAfter(connectedMessages([]), { waitingTrainers: 1 }).newRun).toBe(true);
    expect(controlsAfter(connectedMessages([]), { waitingTrainers: 0 }).newRun).toBe(false);
  });

  it('explain that the trainer is not connected', () => {
    expect(controlsAfter(connectedMessages(events.slice(0, 40), { connected: false })).note).toMatch(
      /not connected/,
    );
  });

  it('report a run that did not begin', () => {
    const starting = (...runIds: string[]): LiveClientMessage => ({
      ...{ type: 'trainers', waiting: 1 },
      starting: runIds.map((runId) => ({ runId, name: null })),
    });
    expect(controlsAfter([...connectedMessages(events), starting('next'), starting()]).note).toBe(
      'The run that a trainer prepared did not begin. The output of the trainer has the reason.',
    );
  });

  it('describe what happened to the learning rate', () => {
    const { run } = sessionOf(running);
    const started = run?.started as Version1EventOf<'run.started'>['data'];
    const runWith = (data: typeof started) => run && { ...run, started: data };
    const scheduled = { ...started, config: { ...started.config, schedule: 'one-cycle' } };
    expect(rateChangedNote(0.005, runWith(started))).toBe('Learning rate 0.005 from the next batch on.');
    expect(rateChangedNote(0.005, runWith(scheduled))).toBe(
      'Peak learning rate 0.005 from the next batch on.',
    );
    const steps = sessionOf(connectedMessages(regressionRun('regression'))).run;
    expect(rateChangedNote(0.005, steps)).toBe('Learning rate 0.005 from the next step on.');
    expect(invalidRateNote).toBe('The learning rate must be a number from 1e-8 to 100. It was not changed.');
  });
});
