import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Command, type CommandResult, MonitorError } from '@mnist-monitor/shared';
import type { CommandRouter } from '../../src/commands/router.ts';
import { ViewerCommands } from '../../src/commands/viewer-commands.ts';
import { afterTest } from '../support/cleanup.ts';
import { FakePeer } from '../support/fake-peer.ts';

const limits = { messageBurst: 4, messagesPerSecond: 2, commandBurst: 2, commandsPerSecond: 1, jsonDepth: 9 };
const pause = (id: string, more: object = {}): string =>
  JSON.stringify({ type: 'command', id, command: 'pause', ...more });

describe('the commands of a viewer', () => {
  let peer: FakePeer;
  let executed: Command[];
  let answer: (command: Command) => CommandResult;
  let rights: { authorize(token: string | undefined): void };
  let logged: unknown[];
  let commands: ViewerCommands;
  beforeEach(() => {
    jest.useFakeTimers();
    afterTest(() => jest.useRealTimers());
    [peer, executed, logged] = [new FakePeer(), [], []];
    answer = ({ id }) => ({ type: 'commandResult', id, ok: true });
    rights = { authorize() {} };
    const router = {
      async execute(command: Command) {
        executed.push(command);
        return answer(command);
      },
    } as CommandRouter;
    commands = new ViewerCommands({
      ...{ peer, router, limits, followedRun: () => 'a' },
      rights: { authorize: (token) => rights.authorize(token) },
      onResult: (...line) => logged.push(line),
    });
  });
  const refuse = (code: 'command.unauthorized' | 'request.too_many' | 'command.off'): void => {
    rights.authorize = () => {
      throw new MonitorError(code, `refused as ${code}`);
    };
  };
  /** Sends a message, and returns the answer. */
  async function ask(text: string): Promise<unknown> {
    await commands.receive(text);
    return peer.messages.at(-1);
  }

  test('are executed for the followed run or the named one, without their token, answered and logged', async () => {
    expect(await ask(pause('command-1', { token: 'sesame' }))).toEqual({
      type: 'commandResult',
      id: 'command-1',
      ok: true,
    });
    await ask(pause('command-2', { runId: 'b' }));
    expect(executed.map(({ id, runId, token }) => [id, runId, token])).toEqual([
      ['command-1', 'a', undefined],
      ['command-2', 'b', undefined],
    ]);
    expect(logged).toEqual([
      [
        expect.not.objectContaining({ token: 'sesame' }),
        { type: 'commandResult', id: 'command-1', ok: true },
      ],
      [expect.objectContaining({ runId: 'b' }), { type: 'commandResult', id: 'command-2', ok: true }],
    ]);
    expect(peer.isClosed).toBe(false);
  });

  test('are answered with the refusal of the router; another error is not an answer', async () => {
    answer = () => {
      throw new MonitorError('command.no_trainer', 'no trainer is idle');
    };
    const refusal = { code: 'command.no_trainer', message: 'no trainer is idle' };
    expect(await ask(pause('command-1', { token: 'sesame' }))).toMatchObject({
      id: 'command-1',
      ok: false,
      ...refusal,
    });
    expect([logged.length, peer.isClosed]).toEqual([1, false]);
    answer = () => {
      throw new TypeError('an internal error');
    };
    await expect(commands.receive(pause('command-2'))).rejects.toThrow('an internal error');
    expect([peer.messages.length, logged.length]).toEqual([1, 1]);
  });

  test.each([
    ['a wrong token', 'command.unauthorized', { token: 'x' }, 'unauthorized', undefined],
    ['too many wrong tokens', 'request.too_many', { token: 'x' }, 'tooMany', 'refused as request.too_many'],
    ['no token', 'command.unauthorized', {}, undefined, undefined],
    ['commands off', 'command.off', { token: 'x' }, undefined, undefined],
  ] as const)(
    'with %s are answered with %s; a wrong token also closes the connection',
    async (_what, code, more, name, detail) => {
      refuse(code);
      expect(await ask(pause('command-1', more))).toMatchObject({
        ...{ id: 'command-1', ok: false, code, message: `refused as ${code}` },
      });
      expect([peer.closedWith, peer.closeDetail]).toEqual([name, detail]);
      expect(executed).toEqual([]);
    },
  );

  test.each([
    ['no JSON', '{', /^expected a command: expected JSON/],
    ['no id', '{"type":"command","command":"pause"}', /^expected a command: id: /],
    ['a number as its id', '{"type":"command","id":7,"command":"pause"}', /^expected a command: id: /],
  ])('with %s close the connection as invalid, with the reason', async (_what, text, reason) => {
    await commands.receive(text);
    expect([peer.closedWith, peer.messages]).toEqual(['invalid', []]);
    expect(peer.closeDetail).toMatch(reason);
  });

  test('that are invalid are answered with their issues', async () => {
    expect(await ask('{"type":"command","id":"command-1","command":"explode"}')).toMatchObject({
      ...{
        id: 'command-1',
        ok: false,
        code: 'message.invalid',
        message: expect.stringMatching(/^command: /),
      },
    });
    expect(executed).toEqual([]);
  });

  test('beyond the limit of commands are refused by its numbers, and accepted again later', async () => {
    for (const id of ['command-1', 'command-2']) await ask(pause(id));
    const message = 'expected at most 2 commands at once and 1 a second: send the command again later';
    expect(await ask(pause('command-3'))).toMatchObject({
      id: 'command-3',
      ok: false,
      code: 'command.too_many',
      message,
    });
    expect(executed).toHaveLength(2);
    jest.advanceTimersByTime(1_000);
    expect(await ask(pause('command-3'))).toMatchObject({ id: 'command-3', ok: true });
    expect(peer.isClosed).toBe(false);
  });

  test('beyond the limit of messages close the connection as too many, and are not answered', async () => {
    for (const id of ['command-1', 'command-2', 'command-3', 'command-4']) await ask(pause(id));
    jest.advanceTimersByTime(500);
    await ask(pause('command-5'));
    expect([peer.messages.length, peer.closedWith]).toEqual([5, undefined]);
    await commands.receive(pause('command-6'));
    expect([peer.messages.length, peer.closedWith, peer.closeDetail]).toEqual([5, 'tooMany', undefined]);
  });
});
