import { describe, expect, it } from '@jest/globals';
import type { Version1EventOf as EventOf, LiveClientMessage, LiveStatus } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { phaseOf } from '../../src/state/phase.ts';
import { applyMessage, emptySession, latestDataOf } from '../../src/state/session.ts';
import { connectedMessages, helloOf, sessionOf, summaryOf } from '../support/session.ts';

const events = sampleRun();
const running = events.slice(0, 40);
const runId = running[0]?.runId ?? '';
const lost: LiveClientMessage = {
  type: 'connection',
  state: { name: 'waiting', retryInMs: 1_000, reason: 'connection lost' },
};

const statusOf = (changes: Partial<LiveStatus>): LiveClientMessage => ({
  type: 'status',
  runId,
  status: 'running',
  connected: true,
  commands: [],
  viewers: 1,
  ...changes,
});
const noticeOf = (code: string): LiveClientMessage => ({
  type: 'event',
  event: {
    ...{ v: 1, runId, seq: 41, time: '2026-11-24T10:01:00.000Z', type: 'notice' },
    data: { level: 'info', code, message: '', step: 40 },
  },
});

describe('a session', () => {
  it('keeps its run after a hello with the same run, and replaces it after one with another', () => {
    const session = sessionOf(connectedMessages(running));
    const { run } = session;
    applyMessage(session, helloOf(summaryOf(running[0]?.runId ?? '')), 0);
    expect(session.run).toBe(run);
    applyMessage(session, helloOf(summaryOf('20261125-000000-next')), 0);
    expect(session.run?.steps.length).toBe(0);
    expect(session.lastEventAt).toBeNull();
  });

  it('counts skipped batches, invalid messages and lost connections', () => {
    const session = sessionOf([
      ...connectedMessages(running),
      { type: 'gap', from: 5, to: 9 },
      { type: 'invalid', description: '' },
      lost,
    ]);
    expect(session).toMatchObject({ skipped: 5, invalid: 1, lostConnections: 1 });
  });

  it('has no run after a hello without one', () => {
    const session = sessionOf(connectedMessages(running));
    applyMessage(session, helloOf(null), 0);
    expect(session.run).toBeNull();
    expect(phaseOf(session)).toBe('noRun');
  });

  it('dates stored events by when they happened', () => {
    const origin = Date.parse('2026-11-24T10:00:00.000Z');
    const session = emptySession(origin);
    // Read an hour after the run began. The last stored event is missing, so the session has not caught up.
    const messages = connectedMessages(running.slice(0, 39), { lastSeq: 40 }).slice(0, -1);
    for (const message of messages) applyMessage(session, message, 3_600_000);
    expect(session.lastEventAt).toBe(Date.parse(events[38]?.time ?? '') - origin);
    applyMessage(session, { type: 'live', seq: 1 }, 3_600_000);
    applyMessage(session, { type: 'event', event: events[40] as (typeof events)[number] }, 3_600_500);
    expect(session.lastEventAt).toBe(3_600_500);
  });

  it('dates a stored event by the clock of its publisher, also after that clock was set back', () => {
    const origin = Date.parse('2026-11-24T10:00:00.000Z');
    const hourMs = 3_600_000;
    const last = events[38] as (typeof events)[number];
    const setBack = { ...last, time: new Date(Date.parse(last.time) - hourMs).toISOString() };
    const session = emptySession(origin);
    const messages = connectedMessages([...events.slice(0, 38), setBack], { lastSeq: 40 }).slice(0, -1);
    for (const message of messages) applyMessage(session, message, 2 * hourMs);
    expect(session.lastEventAt).toBe(Date.parse(setBack.time) - origin);
  });

  it('updates the name of its run, and ignores names of others', () => {
    const session = sessionOf(connectedMessages(running));
    const annotate = (id: string, title: string): void =>
      applyMessage(session, { type: 'annotated', runId: id, title, note: null, pinned: true }, 0);
    annotate('another', 'Not this');
    expect(session.summary?.title).toBeNull();
    annotate(runId, 'Baseline');
    expect(session.summary).toMatchObject({ title: 'Baseline', pinned: true });
  });

  it('has caught up after the last stored event, even without the message `live`', () => {
    const messages = connectedMessages(running).slice(0, -1);
    expect(sessionOf(messages.slice(0, -1)).caughtUp).toBe(false);
    expect(sessionOf(messages).caughtUp).toBe(true);
  });

  it('shows the newest batch while older ones are still arriving', () => {
    const batch = events.findLast((event): event is EventOf<'batch'> => event.type === 'batch')?.data ?? null;
    const session = sessionOf(connectedMessages(running, { batch, lastSeq: 99 }).slice(0, -1));
    expect(latestDataOf(session)?.batch?.step).toBe(60);
    applyMessage(session, { type: 'live', seq: 1 }, 0);
    expect(latestDataOf(session)?.batch?.step).toBe(session.run?.batch?.step);
  });
});

describe('the phase', () => {
  const finishedAs = (status: 'completed' | 'stopped' | 'failed' | 'interrupted') =>
    connectedMessages(
      events.map((event) =>
        event.type === 'run.finished' ? { ...event, data: { ...event.data, status } } : event,
      ),
    );

  it.each<[string, LiveClientMessage[]]>([
    ['connecting', []],
    ['unreachable', [lost]],
    ['noRun', connectedMessages([])],
    ['running', connectedMessages(running)],
    ['stalled', [...connectedMessages(running), statusOf({ status: 'stalled' })]],
    ['paused', [...connectedMessages(running), noticeOf('run.paused')]],
    ['running', [...connectedMessages(running, { status: 'paused' }), noticeOf('run.resumed')]],
    ['reconnecting', [...connectedMessages(running), lost]],
    [
      'closed',
      [
        ...connectedMessages(running),
        { type: 'connection', state: { name: 'closed', reason: 'x', code: 'invalid' } },
      ],
    ],
    ['completed', finishedAs('completed')],
    ['completed', [...finishedAs('completed'), lost]],
    ['stopped', finishedAs('stopped')],
    ['failed', finishedAs('failed')],
    ['interrupted', finishedAs('interrupted')],
    ['interrupted', connectedMessages(running, { status: 'interrupted' })],
  ])('is %s (%#)', (phase, messages) => {
    expect(phaseOf(sessionOf(messages))).toBe(phase);
  });

  it('is running again as soon as an event of a stalled run arrives', () => {
    const session = sessionOf([
      ...connectedMessages(running),
      statusOf({ status: 'stalled', connected: false }),
    ]);
    expect(phaseOf(session)).toBe('stalled');
    applyMessage(session, { type: 'event', event: events[40] as (typeof events)[number] }, 20_000);
    expect(phaseOf(session)).toBe('running');
  });

  const starting = (...runIds: (string | null)[]): LiveClientMessage => ({
    ...{ type: 'trainers', waiting: 0 },
    starting: runIds.map((runId) => ({ runId, name: null })),
  });

  it('is starting while a trainer prepares a run, in place of no run or one that has ended', () => {
    const phaseWhileStarting = (messages: readonly LiveClientMessage[]) =>
      phaseOf(sessionOf([...messages, starting(null)]));
    expect(phaseWhileStarting(connectedMessages([]))).toBe('starting');
    for (const status of ['completed', 'stopped', 'failed', 'interrupted'] as const)
      expect(phaseWhileStarting(finishedAs(status))).toBe('starting');
    expect(phaseWhileStarting([...finishedAs('completed'), lost])).toBe('completed');
    // Another trainer is training this run: its controls stay.
    expect(phaseWhileStarting(connectedMessages(running))).toBe('running');
    expect(phaseWhileStarting([...connectedMessages(running), noticeOf('run.paused')])).toBe('paused');
  });

  it('reports a run that was prepared and did not begin, until another one is prepared', () => {
    const ended = finishedAs('completed');
    const failed = (...then: LiveClientMessage[]): boolean => sessionOf([...ended, ...then]).startFailed;
    expect(failed(starting(null), starting('next'))).toBe(false);
    expect(failed(starting(null), starting('next'), starting())).toBe(true);
    expect(failed(starting('next'), starting(), starting())).toBe(true);
    expect(failed(starting('next'), starting(), starting('other'))).toBe(false);
    const begun = helloOf(summaryOf('next'));
    expect(failed(starting('next'), begun, starting('next'), starting())).toBe(false);
    expect(failed(starting(null), begun, starting(null), starting())).toBe(false);
    // A gateway that has restarted announces no runs that were prepared before.
    expect(failed(starting('next'), ended[1] as LiveClientMessage, starting())).toBe(false);
  });

  it('is starting until the gateway announces the end of that, or shows the run', () => {
    const ended = finishedAs('completed');
    expect(phaseOf(sessionOf([...ended, starting('next'), starting()]))).toBe('completed');
    expect(phaseOf(sessionOf([...ended, starting(runId)]))).toBe('completed');
    const summary = summaryOf(runId, { status: 'completed' });
    const hello = { ...helloOf(summary), starting: [{ runId: 'next', name: 'Next' }] };
    expect(phaseOf(sessionOf([...ended, hello]))).toBe('starting');
    expect(phaseOf(sessionOf([...ended, starting('next'), helloOf(summary)]))).not.toBe('starting');
  });

  it('is starting only on a page that shows the run when it begins', () => {
    const session = sessionOf([...finishedAs('completed'), starting('next')]);
    expect(phaseOf({ ...session, followsLatest: false })).toBe('completed');
  });

  it('is missing while the gateway has no such run, whatever the page has received of it', () => {
    const closed = (code: 'runNotFound' | 'runDeleted' | 'runDamaged' | 'invalid'): LiveClientMessage => ({
      type: 'connection',
      state: { name: 'closed', reason: 'closed', code },
    });
    for (const code of ['runNotFound', 'runDeleted', 'runDamaged'] as const)
      for (const messages of [[], connectedMessages(running), finishedAs('completed')])
        expect(phaseOf(sessionOf([...messages, closed(code)]))).toBe('missing');
    expect(phaseOf(sessionOf([...connectedMessages(running), closed('invalid')]))).toBe('closed');
  });

  it('ignores reports on other runs', () => {
    const session = sessionOf([
      ...connectedMessages(running),
      statusOf({ runId: 'another', status: 'stalled', viewers: 7 }),
    ]);
    expect(phaseOf(session)).toBe('running');
    expect(session.viewers).toBe(7);
  });
});
