import type { LiveClientMessage, LiveHello, MonitorEvent } from '@mnist-monitor/shared';
import type { RunSummary } from '../../src/state/event-data.ts';
import { applyMessage, emptySession, type Session } from '../../src/state/session.ts';

/** Returns the gateway's summary of a run that its trainer is publishing. */
export function summaryOf(runId: string, changes: Partial<RunSummary> = {}): RunSummary {
  const time = '2026-11-24T10:00:00.000Z';
  return {
    runId,
    status: 'running',
    connected: true,
    commands: [],
    bytes: 0,
    title: null,
    note: null,
    pinned: false,
    model: false,
    startedAt: time,
    lastEventAt: time,
    lastSeq: 1,
    started: null,
    batch: null,
    epoch: null,
    bestAccuracy: null,
    finished: null,
    ...changes,
  };
}

export const helloOf = (run: RunSummary | null): LiveHello => ({
  type: 'hello',
  server: '1.2.3',
  run,
  heartbeatMs: 5_000,
  commands: 'open',
  waitingTrainers: 0,
});

/** Returns a session after these messages, all at time `now`. */
export function sessionOf(messages: readonly LiveClientMessage[], now = 0): Session {
  const session = emptySession();
  for (const message of messages) applyMessage(session, message, now);
  return session;
}

/** Returns the messages of a page that has connected and read these events of a run. */
export function connectedMessages(
  events: readonly MonitorEvent[],
  summary: Partial<RunSummary> = {},
): LiveClientMessage[] {
  const first = events[0];
  const run = first ? summaryOf(first.runId, { lastSeq: events.length, ...summary }) : null;
  return [
    { type: 'connection', state: { name: 'open' } },
    helloOf(run),
    ...events.map((event): LiveClientMessage => ({ type: 'event', event })),
    { type: 'live', seq: 1 },
  ];
}
