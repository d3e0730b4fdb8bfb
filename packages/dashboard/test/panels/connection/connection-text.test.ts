import { expect, it } from '@jest/globals';
import type { LiveClientMessage } from '@mnist-monitor/shared';
import { sampleRun } from '@mnist-monitor/shared/testing';
import { connectionText } from '../../../src/panels/connection/connection-text.ts';
import { connectedMessages, sessionOf } from '../../support/session.ts';

const events = sampleRun();
const connected = connectedMessages(events, { lastSeq: events.length });
const waiting = (reason: string): LiveClientMessage => ({
  type: 'connection',
  state: { name: 'waiting', retryInMs: 3_000, reason },
});
const textAfter = (messages: readonly LiveClientMessage[], now = 0) => {
  const text = connectionText(sessionOf(messages), now);
  return {
    ...text,
    state: text.state.replaceAll('\u00a0', ' '),
    banner: text.banner.replaceAll('\u00a0', ' '),
  };
};

it('reports skipped events only when there are any', () => {
  expect(textAfter(connected).skipped).toBe('');
  expect(textAfter([...connected, { type: 'gap', from: 3, to: 6 }]).skipped).toBe('4 events');
});

it.each<[LiveClientMessage[], number, string, string, string]>([
  [[], 0, 'busy', 'Connecting', ''],
  [connected, 0, 'good', 'Live', ''],
  [connected.slice(0, 2 + Math.ceil(events.length / 2)), 0, 'busy', 'Catching up, 50 %', ''],
  [
    [...connected, waiting('connection lost')],
    1_500,
    'busy',
    'Reconnecting in 2 s',
    'Connection lost. Retrying in 2 s. The page catches up automatically.',
  ],
  [
    [...connectedMessages(events.slice(0, 40)), waiting('slow')],
    3_000,
    'busy',
    'Reconnecting now',
    'Connection lost: slow. Retrying now. Training continues, and the page catches up automatically.',
  ],
  [
    [waiting('connection lost')],
    0,
    'bad',
    'Reconnecting in 3 s',
    'The gateway does not respond. Retrying in 3 s.',
  ],
])('the state of the connection is one short text (%#)', (messages, now, tone, state, banner) => {
  expect(textAfter(messages, now)).toMatchObject({ tone, state, banner });
});

it('training is said to continue only while it does, and another attempt is offered while the page waits', () => {
  const first40 = events.slice(0, 40);
  const lost = waiting('connection lost');
  const banner = (messages: readonly LiveClientMessage[]): string => textAfter([...messages, lost]).banner;
  expect(banner(connectedMessages(first40))).toContain('Training continues');
  for (const status of ['paused', 'stalled', 'interrupted'] as const)
    expect(banner(connectedMessages(first40, { status }))).toBe(
      'Connection lost. Retrying in 3 s. The page catches up automatically.',
    );
  expect(banner(connectedMessages([]))).not.toContain('Training');
  expect(textAfter([...connected, lost]).mayRetry).toBe(true);
  expect(textAfter(connected).mayRetry).toBe(false);
});

it('a connection that is refused shows the reason', () => {
  const session = sessionOf([waiting('connection lost')]);
  session.refusal = 'The gateway refuses this page: expected another Origin.';
  expect(connectionText(session, 0).banner.replaceAll('\u00a0', ' ')).toBe(
    'The gateway refuses this page: expected another Origin. Retrying in 3 s.',
  );
});

it('a connection that was closed for good advises what to do', () => {
  const closed = (code: 'invalid' | 'runNotFound' | 'runDeleted' | 'runDamaged', reason: string) =>
    textAfter([...connected, { type: 'connection', state: { name: 'closed', reason, code } }]);
  const text = closed('invalid', 'Expected a run.');
  expect(text).toMatchObject({ tone: 'bad', runIsMissing: false });
  expect(text.banner).toMatch(/^Disconnected: Expected a run\. Reload the page/);
  const banner = 'There is no run x. It may have been deleted.';
  expect(closed('runNotFound', 'There is no run x.')).toMatchObject({ banner, runIsMissing: true });
  expect(closed('runDeleted', 'Run x was deleted.')).toMatchObject({
    banner: 'Run x was deleted.',
    runIsMissing: true,
  });
  expect(closed('runDamaged', 'run x is damaged: event 1 cannot be read')).toMatchObject({
    banner: 'Run x is damaged: event 1 cannot be read.',
    runIsMissing: true,
  });
});

it('a failure of the store is shown until it ends', () => {
  const failing: LiveClientMessage = { type: 'store', state: 'failing', message: 'the disk is full' };
  const fine: LiveClientMessage = { type: 'store', state: 'ok', message: '' };
  expect(textAfter([...connected, failing]).banner).toMatch(
    /cannot store events at the moment: the disk is full\./,
  );
  expect(textAfter([...connected, failing, fine]).banner).toBe('');
});

it('the delay to the screen is shown, unless the clocks differ', () => {
  const delayed = (...delays: number[]): string => {
    const session = sessionOf(connected);
    for (const delay of delays) session.delay.add(delay);
    return connectionText(session, 0).delay.replaceAll('\u00a0', ' ');
  };
  expect(delayed()).toBe('–');
  expect(delayed(30, 31, 32, 80)).toBe('32 ms, 95 % within 80 ms');
  expect(delayed(-3_600_000)).toBe('clocks differ');
  // A clock that is a few milliseconds behind is no reason for a warning.
  expect([delayed(-5), delayed(-6)]).toEqual(['0 ms, 95 % within 0 ms', 'clocks differ']);
  expect([delayed(10_000), delayed(10_001)]).toEqual(['10000 ms, 95 % within 10000 ms', 'clocks differ']);
});

it('the age of the last event and the number of events are shown', () => {
  expect(textAfter([]).lastEvent).toBe('none yet');
  expect(textAfter(connected, 400).lastEvent).toBe('just now');
  expect([999, 1_000].map((now) => textAfter(connected, now).lastEvent)).toEqual([
    'just now',
    '1\u00a0s ago',
  ]);
  expect(textAfter(connected, 12_300)).toMatchObject({
    lastEvent: '12\u00a0s ago',
    received: `${events.length} events`,
  });
});
