import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Command, CommandName, CommandResult } from '@mnist-monitor/shared';
import { CommandRouter } from '../../src/commands/router.ts';
import { IdleTrainers } from '../../src/presence/idle-trainers.ts';
import { type PublisherConnection, Publishers } from '../../src/presence/publishers.ts';
import { afterTest } from '../support/cleanup.ts';

const limits = { commandTimeoutMs: 1_000, pendingCommands: 3, rememberedCommands: 10 };

const command = (id: string, name: CommandName = 'pause', runId?: string): Command => ({
  ...({ type: 'command', id, command: name, data: {} } as Command),
  runId,
});
const accepted = (id: string): CommandResult => ({ type: 'commandResult', id, ok: true });

describe('the command router', () => {
  let publishers: Publishers;
  let idleTrainers: IdleTrainers;
  let relayed: string[];
  let noted: string[];
  let router: CommandRouter;
  beforeEach(() => {
    jest.useFakeTimers();
    afterTest(() => jest.useRealTimers());
    [publishers, idleTrainers, relayed, noted] = [new Publishers(), new IdleTrainers(), [], []];
    router = new CommandRouter({
      ...{ publishers, idleTrainers, limits },
      starts: {
        noteCommand: ({ id }, publisherId) => noted.push(`${id} to ${publisherId}`),
        noteResult: ({ id }, publisherId) => noted.push(`${id} answered by ${publisherId}`),
      },
      relay: {
        forwarded: ({ id }, publisherId) => relayed.push(`${id} to ${publisherId}`),
        answered: ({ id }, publisherId) => relayed.push(`${id} answered by ${publisherId}`),
      },
    });
  });

  /** Creates a connection that records the ids of the commands that it is sent. */
  function target(publisherId: string, commands: CommandName[], gatewayId?: string) {
    const received: string[] = [];
    const send = ({ id }: Command): void => void received.push(id);
    return { publisherId, commands, received, send, ...(gatewayId !== undefined && { gatewayId }) };
  }
  /** Connects a process that publishes a run. */
  function publisher(runId: string, publisherId: string, commands: CommandName[] = ['pause']) {
    const now = performance.now();
    const connection = {
      ...target(publisherId, commands),
      presence: { publisherId, connectedAt: now, lastMessageAt: now, disconnectedAt: undefined },
      ...{ closeAsReplaced() {}, closeAsTaken() {}, settled: async () => {} },
    };
    publishers.claim(runId, connection as PublisherConnection);
    const detach = router.attach(connection);
    const disconnect = (): void => {
      publishers.markDisconnected(runId, connection as PublisherConnection);
      detach();
    };
    return { ...connection, disconnect };
  }
  /** Connects an idle trainer. */
  function trainer(publisherId: string, commands: CommandName[] = ['start']) {
    const connection = target(publisherId, commands);
    idleTrainers.add(connection);
    router.attach(connection);
    return connection;
  }

  test('sends a command about a run to its publisher, and returns the first answer', async () => {
    const [one, other] = [publisher('a', 'publisher-1'), publisher('b', 'publisher-2')];
    const result = router.execute(command('c1', 'pause', 'b'));
    expect([one.received, other.received]).toEqual([[], ['c1']]);
    router.receiveResult(accepted('c1'), 'publisher-2');
    expect(await result).toEqual(accepted('c1'));
    expect(await router.execute(command('c1', 'pause', 'b'))).toEqual(accepted('c1'));
    expect(other.received).toEqual(['c1']);
    expect(noted).toEqual(['c1 to publisher-2', 'c1 answered by publisher-2']);
  });

  test.each<[CommandName, string | undefined, string, string]>([
    ['pause', undefined, 'command.no_trainer', 'there is no run yet'],
    ['pause', 'none', 'command.no_trainer', 'no trainer is connected for run none'],
    ['stop', 'a', 'command.refused', 'the publisher of run a does not accept stop'],
    ['enqueue', undefined, 'command.no_trainer', 'no idle trainer accepts enqueue'],
    [
      'enqueue',
      'a',
      'command.no_trainer',
      'no idle trainer accepts enqueue, and the one of run a does not or is not connected',
    ],
    [
      'listQueue',
      'none',
      'command.no_trainer',
      'no idle trainer accepts listQueue, and the one of run none does not or is not connected',
    ],
    ['start', 'a', 'command.no_trainer', 'no trainer is idle: wait until the current run has ended'],
  ])('refuses %s about run %s as %s: %s', async (name, runId, code, message) => {
    const { received } = publisher('a', 'publisher-1');
    await expect(router.execute(command('c1', name, runId))).rejects.toMatchObject({ code, message });
    expect(received).toEqual([]);
  });

  test('refuses a start without any trainer', async () => {
    await expect(router.execute(command('c1', 'start'))).rejects.toMatchObject({
      ...{ code: 'command.no_trainer', message: 'no trainer is connected that could start a run' },
    });
  });

  test('sends a command about the queue to the newest connection of the process that published the run', async () => {
    const commands: CommandName[] = ['start', 'enqueue', 'listQueue', 'moveQueued', 'cancelQueued'];
    trainer('publisher-2', commands);
    publisher('a', 'publisher-1').disconnect();
    const stale = target('publisher-1', commands, 'other');
    const other = target('publisher-1', ['pause']);
    for (const each of [stale, trainer('publisher-1', commands), other]) router.attach(each);
    const own = target('publisher-1', commands);
    router.attach(own);
    const ids = commands.slice(1).map((name) => {
      router.execute(command(name, name, 'a')).catch(() => {});
      return name;
    });
    expect(own.received).toEqual(ids.slice(0, limits.pendingCommands));
    expect([stale.received, other.received]).toEqual([[], []]);
  });

  test('sends a start to a trainer without an unanswered start, whatever else it executes', async () => {
    const [first, second] = [trainer('publisher-1', ['start', 'enqueue']), trainer('publisher-2')];
    router.execute(command('c1', 'enqueue'));
    router.execute(command('c2', 'start'));
    router.execute(command('c3', 'start'));
    expect([first.received, second.received]).toEqual([['c1', 'c2'], ['c3']]);
    router.receiveResult(accepted('c1'), 'publisher-1');
    await expect(router.execute(command('c4', 'start'))).rejects.toMatchObject({
      code: 'command.no_trainer',
    });
    router.receiveResult(accepted('c3'), 'publisher-2');
    router.execute(command('c5', 'start'));
    expect(second.received).toEqual(['c3', 'c5']);
    jest.advanceTimersByTime(limits.commandTimeoutMs - 1);
    await expect(router.execute(command('c6', 'start'))).rejects.toMatchObject({
      code: 'command.no_trainer',
    });
    // A trainer that has not answered in time may get another start.
    jest.advanceTimersByTime(1);
    router.execute(command('c7', 'start'));
    expect(first.received).toEqual(['c1', 'c2', 'c7']);
  });

  test('prefers the trainer that published the run for a start', () => {
    const first = trainer('publisher-1');
    publisher('a', 'publisher-2').disconnect();
    const own = trainer('publisher-2');
    router.execute(command('c1', 'start', 'a'));
    router.execute(command('c2', 'start'));
    expect([first.received, own.received]).toEqual([['c2'], ['c1']]);
  });

  test('refuses further commands while as many as its limit wait, over all clients', async () => {
    publisher('a', 'publisher-1');
    for (const id of ['c1', 'c2', 'c3']) router.execute(command(id, 'pause', 'a'));
    await expect(router.execute(command('c4', 'pause', 'a'))).rejects.toMatchObject({
      ...{ code: 'command.too_many', message: 'too many commands wait for their answers: try again later' },
    });
    router.receiveResult(accepted('c2'), 'publisher-1');
    const result = router.execute(command('c5', 'pause', 'a'));
    await expect(router.execute(command('c6', 'pause', 'a'))).rejects.toMatchObject({
      code: 'command.too_many',
    });
    jest.advanceTimersByTime(limits.commandTimeoutMs);
    expect(await result).toEqual({
      ...{ type: 'commandResult', id: 'c5', ok: false, code: 'command.timeout' },
      message: 'the trainer has not answered within 1 s: the command may or may not have taken effect',
    });
    for (const id of ['c7', 'c8', 'c9']) router.execute(command(id, 'pause', 'a'));
    await expect(router.execute(command('c10', 'pause', 'a'))).rejects.toMatchObject({
      code: 'command.too_many',
    });
  });

  test('sends a command again that a client repeats before its answer, to the newest connection of the trainer', async () => {
    publisher('a', 'publisher-1').disconnect();
    const [stale, own] = [target('publisher-1', ['enqueue'], 'other'), target('publisher-1', ['enqueue'])];
    const stranger = target('publisher-2', ['enqueue']);
    router.attach(stale);
    const first = router.execute(command('c1', 'enqueue', 'a'));
    for (const each of [own, stranger]) router.attach(each);
    const again = router.execute(command('c1', 'enqueue', 'a'));
    expect([stale.received, own.received, stranger.received]).toEqual([['c1'], ['c1', 'c1'], []]);
    router.receiveResult(accepted('c1'), 'publisher-1');
    expect([await first, await again]).toEqual([accepted('c1'), accepted('c1')]);
  });

  test('sends a trainer that reconnects the commands that clients still wait for, in their order', async () => {
    const first = publisher('a', 'publisher-1');
    router.execute(command('c1', 'pause', 'a'));
    jest.advanceTimersByTime(limits.commandTimeoutMs);
    for (const id of ['c2', 'c3', 'c4']) router.execute(command(id, 'pause', 'a'));
    router.receiveResult(accepted('c3'), 'publisher-1');
    first.disconnect();
    const back = publisher('a', 'publisher-1');
    publisher('b', 'publisher-2');
    expect([first.received, back.received]).toEqual([
      ['c1', 'c2', 'c3', 'c4'],
      ['c2', 'c4'],
    ]);
  });

  test('keeps an unanswered command about a run for the connection of that run, also while there is none', () => {
    const own = publisher('a', 'publisher-1');
    router.execute(command('c1', 'pause', 'a'));
    const other = publisher('b', 'publisher-1');
    own.disconnect();
    const next = publisher('c', 'publisher-1');
    router.execute(command('c1', 'pause', 'a'));
    const stranger = publisher('a', 'publisher-2');
    stranger.disconnect();
    expect([own, other, next, stranger].map(({ received }) => received)).toEqual([['c1'], [], [], []]);
    expect(publisher('a', 'publisher-1').received).toEqual(['c1']);
  });

  test('sends an unanswered command about the queue to each new connection of the process', () => {
    publisher('a', 'publisher-1', ['enqueue']);
    router.execute(command('c1', 'enqueue', 'a'));
    expect(publisher('b', 'publisher-1').received).toEqual(['c1']);
    expect(publisher('c', 'publisher-2').received).toEqual([]);
  });

  test('sends nothing to a connection that was removed', () => {
    const idle = target('publisher-1', ['start']);
    const detach = router.attach(idle);
    idleTrainers.add(idle)();
    detach();
    router.deliver(command('c1', 'start'), 'publisher-1');
    expect(idle.received).toEqual([]);
  });

  describe('of one of several gateways', () => {
    test('reports the commands to its own trainers and their results, also of one that answers at once', () => {
      const { received } = publisher('a', 'publisher-1');
      router.execute(command('c1', 'pause', 'a'));
      router.receiveResult(accepted('c1'), 'publisher-1');
      const send = ({ id }: Command): void => router.receiveResult(accepted(id), 'publisher-2');
      idleTrainers.add({ ...target('publisher-2', ['start']), send });
      router.execute(command('c2', 'start'));
      expect(received).toEqual(['c1']);
      expect(relayed).toEqual([
        ...['c1 to publisher-1', 'c1 answered by publisher-1'],
        ...['c2 to publisher-2', 'c2 answered by publisher-2'],
      ]);
    });

    test('reports no command to a trainer of another gateway, and no result that it has not asked for', async () => {
      const remote = target('publisher-1', ['start'], 'other');
      idleTrainers.add(remote);
      router.attach(remote);
      const result = router.execute(command('c1', 'start'));
      expect(remote.received).toEqual(['c1']);
      for (const id of ['c1', 'c2']) router.receiveResult(accepted(id), 'publisher-2');
      expect(relayed).toEqual([]);
      expect(router.acceptResult(accepted('c1'), 'publisher-2')).toBe(false);
      expect(router.acceptResult(accepted('c1'), 'publisher-1')).toBe(true);
      expect(await result).toEqual(accepted('c1'));
    });

    test('delivers a command of another gateway to its own trainer, and answers a client that repeats it', async () => {
      const [remote, own] = [target('publisher-1', ['start'], 'other'), target('publisher-1', ['start'])];
      for (const each of [remote, target('publisher-2', ['start']), own]) router.attach(each);
      router.deliver(command('c1', 'start'), 'publisher-1');
      expect([remote.received, own.received]).toEqual([[], ['c1']]);
      router.receiveResult(accepted('c1'), 'publisher-1');
      expect(relayed).toEqual(['c1 answered by publisher-1']);
      expect(await router.execute(command('c1', 'start'))).toEqual(accepted('c1'));
      expect(own.received).toEqual(['c1']);
    });

    test('remembers a command of another gateway once: clients that wait for it get the result', async () => {
      publisher('a', 'publisher-1');
      const result = router.execute(command('c1', 'pause', 'a'));
      router.remember(command('c1', 'pause', 'a'), 'publisher-1');
      router.acceptResult(accepted('c1'), 'publisher-1');
      expect(await result).toEqual(accepted('c1'));
      router.remember(command('c2', 'pause', 'a'), 'publisher-1');
      router.acceptResult(accepted('c2'), 'publisher-1');
      expect(await router.execute(command('c2', 'pause', 'a'))).toEqual(accepted('c2'));
      expect(noted).toContain('c2 to publisher-1');
    });
  });
});
