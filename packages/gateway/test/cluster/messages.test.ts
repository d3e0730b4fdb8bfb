import { describe, expect, test } from '@jest/globals';
import { eventTypes, validate } from '@mnist-monitor/shared';
import { busMessage } from '../../src/cluster/messages.ts';

const from = 'gateway-1';
const id = (length: number): string => 'x'.repeat(length);
const publisher = { runId: 'a', publisherId: id(8), commands: ['pause', 'stop'], heldMs: 0, heardMs: 1.5 };
const idle = { publisherId: id(64), commands: ['start'], heldMs: 0 };
const presence = { type: 'presence', publishers: [publisher], waiting: [idle], viewers: 2 };
const appended = { type: 'appended', runId: 'a', first: 1, last: 9, types: ['run.started', 'batch'] };
const command = { type: 'command', id: 'command-1', command: 'pause', data: {}, runId: 'a' };
const accepted = { type: 'commandAccepted', to: 'gateway-2', publisherId: id(8), command };
const result = { type: 'commandResult', id: 'command-1', ok: true };
const answered = { type: 'commandAnswered', publisherId: id(8), result };

describe('a message between gateways', () => {
  test.each<[string, object]>([
    ['appended', appended],
    ['appended, with all types', { ...appended, types: eventTypes }],
    ['annotated', { type: 'annotated', runId: 'a' }],
    ['removed', { type: 'removed', runId: 'a' }],
    ['renewed', { type: 'renewed', runId: 'a' }],
    ['presence', presence],
    ['presence of nobody', { type: 'presence', publishers: [], waiting: [], viewers: 0 }],
    ['commandAccepted', accepted],
    ['commandAnswered', answered],
    ['checked', { type: 'checked' }],
    ['left', { type: 'left' }],
  ])('is read as it was sent: %s', (_what, message) => {
    for (const sender of [from, id(8), id(64)])
      expect(validate(busMessage, { ...message, from: sender })).toEqual({
        ok: true,
        value: { ...message, from: sender },
      });
  });

  test.each<[string, object]>([
    ['a type that no gateway sends', { type: 'other' }],
    ['no sender', { type: 'left', from: undefined }],
    ['a sender of 7 characters', { type: 'left', from: id(7) }],
    ['a sender of 65 characters', { type: 'left', from: id(65) }],
    ['a run that is no id', { ...appended, runId: '../a' }],
    ['no types', { ...appended, types: [] }],
    ['an unknown type of events', { ...appended, types: ['weather'] }],
    ['the seq 0', { ...appended, first: 0 }],
    ['a seq that is no whole number', { ...appended, last: 1.5 }],
    ['a publisher id of 7 characters', { ...presence, publishers: [{ ...publisher, publisherId: id(7) }] }],
    ['a publisher id of 65 characters', { ...presence, waiting: [{ ...idle, publisherId: id(65) }] }],
    ['a negative age', { ...presence, publishers: [{ ...publisher, heldMs: -1 }] }],
    ['an unknown command', { ...presence, waiting: [{ ...idle, commands: ['explode'] }] }],
    ['a negative number of viewers', { ...presence, viewers: -1 }],
    ['a command without an id', { ...accepted, command: { ...command, id: undefined } }],
    ['no result', { ...answered, result: undefined }],
  ])('is refused with %s', (_what, message) => {
    expect(validate(busMessage, { from, ...message }).ok).toBe(false);
  });

  test.each(['publishers', 'waiting'])('has at most 10,000 clients of a kind: %s', (kind) => {
    const client = { publishers: publisher, waiting: idle }[kind];
    const isValid = (count: number): boolean =>
      validate(busMessage, { ...presence, from, [kind]: Array(count).fill(client) }).ok;
    expect([isValid(10_000), isValid(10_001)]).toEqual([true, false]);
  });
});
