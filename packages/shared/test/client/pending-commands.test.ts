import { describe, expect, test } from '@jest/globals';
import { newCommandId } from '../../src/client/pending-commands.ts';
import { type Command, encode, PendingCommands } from '../../src/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const command = { type: 'command', id: 'command-1', command: 'pause', data: {} } as Command;
const text = encode(command);

describe('PendingCommands', () => {
  test('resolves a command with its own answer', async () => {
    const sent: string[] = [];
    const commands = new PendingCommands({ clock: new FakeClock() });
    const result = commands.send(command, (message) => sent.push(message));
    commands.receive({ type: 'commandResult', id: 'command-2', ok: true });
    commands.receive({ type: 'commandResult', id: 'command-1', ok: true, runId: 'a' });
    expect(sent).toEqual([text]);
    expect(await result).toEqual({ type: 'commandResult', id: 'command-1', ok: true, runId: 'a' });
  });

  test('resends only commands without an answer', async () => {
    const sent: string[] = [];
    const commands = new PendingCommands({ clock: new FakeClock() });
    void commands.send(command, () => {});
    commands.resend((message) => sent.push(message));
    commands.receive({ type: 'commandResult', id: 'command-1', ok: true });
    commands.resend((message) => sent.push(message));
    expect(sent).toEqual([text]);
  });

  test('gives both callers the answer to a command that is sent twice', async () => {
    const clock = new FakeClock();
    const commands = new PendingCommands({ clock });
    const results = [commands.send(command, () => {}), commands.send(command, () => {})];
    expect(clock.pending).toBe(1);
    commands.receive({ type: 'commandResult', id: 'command-1', ok: true });
    expect(await Promise.all(results)).toMatchObject([{ ok: true }, { ok: true }]);
    expect(clock.pending).toBe(0);
  });

  test('resolves with command.timeout when no answer arrives in time or can arrive at all', async () => {
    const clock = new FakeClock();
    const commands = new PendingCommands({ clock, timeoutMs: 100 });
    const late = commands.send(command, () => {});
    clock.advance(100);
    expect(await late).toMatchObject({
      ok: false,
      code: 'command.timeout',
      message: expect.stringMatching(/^no answer/),
    });
    const closed = commands.send(command, () => {});
    commands.failAll('the connection is closed');
    expect(await closed).toMatchObject({ ok: false, code: 'command.timeout' });
    expect(clock.pending).toBe(0);
  });

  test('waits 15 s for an answer by default, and explains what is not known then', async () => {
    const clock = new FakeClock();
    const commands = new PendingCommands({ clock });
    let answer: unknown;
    void commands
      .send(command, () => {})
      .then((result) => {
        answer = result;
      });
    clock.advance(14_999);
    await Promise.resolve();
    expect([answer, clock.pending]).toEqual([undefined, 1]);
    clock.advance(1);
    await Promise.resolve();
    expect(answer).toEqual({
      ...{ type: 'commandResult', id: 'command-1', ok: false, code: 'command.timeout' },
      message: 'no answer has arrived, so it is not known whether the command was executed',
    });
  });

  test('sends every command without an answer again, and fails each of them with the reason', async () => {
    const commands = new PendingCommands({ clock: new FakeClock() });
    const sent: string[] = [];
    const results = ['one', 'two'].map((id) => commands.send({ ...command, id }, () => {}));
    commands.resend((message) => sent.push(JSON.parse(message).id));
    commands.failAll('the connection is closed');
    expect(sent).toEqual(['one', 'two']);
    expect(await Promise.all(results)).toMatchObject(
      ['one', 'two'].map((id) => ({
        id,
        message: expect.stringMatching(/^the connection is closed, so it /),
      })),
    );
  });
});

test('a command id has 128 random bits in hex', () => {
  const ids = Array.from({ length: 200 }, newCommandId);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(ids).size).toBe(200);
});
