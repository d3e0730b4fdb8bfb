import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { CommandTarget } from '../../src/presence/command-target.ts';
import { IdleTrainers } from '../../src/presence/idle-trainers.ts';
import { noRemotePresence } from '../../src/presence/presence.ts';
import { afterTest } from '../support/cleanup.ts';

const trainer = (publisherId: string, more: Partial<CommandTarget> = {}): CommandTarget => ({
  ...{ publisherId, commands: ['start'], send() {} },
  ...more,
});
const anyTrainer = () => true;

describe('idle trainers', () => {
  let remote: CommandTarget[];
  let remoteChanged: () => void;
  let trainers: IdleTrainers;
  beforeEach(() => {
    jest.useFakeTimers();
    afterTest(() => jest.useRealTimers());
    remote = [];
    remoteChanged = () => {};
    trainers = new IdleTrainers({
      ...noRemotePresence,
      get idleTrainers() {
        return remote;
      },
      onChange(listener) {
        remoteChanged = listener;
        return () => {
          remoteChanged = () => {};
        };
      },
    });
  });

  test('are counted at all gateways, and once while they move from one to another', () => {
    const remove = trainers.add(trainer('trainer-1'));
    remote = [trainer('trainer-1', { gatewayId: 'other' }), trainer('trainer-2', { gatewayId: 'other' })];
    expect(trainers.count).toBe(2);
    expect(['trainer-1', 'trainer-2', 'trainer-3'].map((id) => trainers.has(id))).toEqual([
      true,
      true,
      false,
    ]);
    remove();
    expect(trainers.count).toBe(2);
    remote = [];
    expect(trainers.count).toBe(0);
  });

  test('are listed with the time since which they have been idle', () => {
    const [first, second] = [trainer('trainer-1'), trainer('trainer-2')];
    const begin = performance.now();
    trainers.add(first);
    jest.advanceTimersByTime(30);
    trainers.add(second);
    remote = [trainer('trainer-3', { gatewayId: 'other' })];
    expect(trainers.local).toEqual([
      [first, begin],
      [second, begin + 30],
    ]);
  });

  test('are chosen by their id, then by the time for which they have been idle here, then elsewhere', () => {
    const [first, second] = [trainer('trainer-1'), trainer('trainer-2')];
    remote = [trainer('trainer-3', { gatewayId: 'other' })];
    const removals = [trainers.add(first), trainers.add(second)];
    expect(trainers.choose(anyTrainer, 'trainer-2')).toBe(second);
    expect(trainers.choose(anyTrainer, 'trainer-3')).toBe(remote[0]);
    expect(trainers.choose(anyTrainer, 'trainer-4')).toBe(first);
    expect(trainers.choose(anyTrainer, undefined)).toBe(first);
    for (const remove of removals) remove();
    expect(trainers.choose(anyTrainer, undefined)).toBe(remote[0]);
    remote = [];
    expect(trainers.choose(anyTrainer, undefined)).toBeUndefined();
  });

  test('are not chosen when they do not accept `start`, or are not eligible, whichever is preferred', () => {
    const [unable, busy, able] = [
      trainer('trainer-1', { commands: ['pause'] }),
      trainer('trainer-2'),
      trainer('trainer-3'),
    ];
    for (const each of [unable, busy, able]) trainers.add(each);
    const isEligible = (target: CommandTarget) => target !== busy;
    for (const preferred of ['trainer-1', 'trainer-2', undefined])
      expect(trainers.choose(isEligible, preferred)).toBe(able);
  });

  test('are reported when one is added or removed at any gateway, until the listener is removed', () => {
    let [all, local] = [0, 0];
    const removals = [trainers.onChange(() => all++), trainers.onLocalChange(() => local++)];
    const remove = trainers.add(trainer('trainer-1'));
    remove();
    remoteChanged();
    expect([all, local]).toEqual([3, 2]);
    for (const removeListener of removals) removeListener();
    trainers.add(trainer('trainer-2'));
    remoteChanged();
    expect([all, local]).toEqual([3, 2]);
  });
});
