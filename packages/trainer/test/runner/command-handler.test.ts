import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Command, commandSchema, MonitorError, validate } from '@mnist-monitor/shared';
import { CommandHandler } from '../../src/runner/command-handler.ts';
import { RunControl } from '../../src/training/run-control.ts';

let count = 0;
function commandOf(given: object): Command {
  const result = validate(commandSchema, { type: 'command', id: `command-${count++}`, runId: 'a', ...given });
  if (!result.ok) throw new Error('expected a valid command');
  return result.value;
}

describe('the commands of a trainer', () => {
  let commands: CommandHandler;
  let control: RunControl;
  beforeEach(() => {
    commands = new CommandHandler();
    control = new RunControl({ learningRate: 0.01, schedule: 'constant', emit: () => {} });
    commands.running = { runId: 'a', control };
  });

  test('steer the run that trains', async () => {
    const rate = commandOf({ command: 'setLearningRate', data: { learningRate: 0.5 } });
    expect(await commands.take(rate)).toEqual({ type: 'commandResult', id: rate.id, ok: true });
    await control.mayGoOn(1);
    expect(control.learningRateAt(2)).toBe(0.5);
    await commands.take(commandOf({ command: 'pause' }));
    const held = control.mayGoOn(2);
    await commands.take(commandOf({ command: 'resume' }));
    expect(await held).toBe(true);
    await commands.take(commandOf({ command: 'stop' }));
    expect(control.end).toEqual({ status: 'stopped', reason: 'stopped by command' });
  });

  test('are refused for a run that has ended', async () => {
    const other = await commands.take(commandOf({ command: 'stop', runId: 'b' }));
    expect(other).toMatchObject({ ok: false, code: 'command.refused', message: 'run b has ended' });
    expect(control.end).toBeUndefined();
    commands.running = undefined;
    expect(await commands.take(commandOf({ command: 'stop' }))).toMatchObject({ ok: false });
  });

  test('start a run while the trainer waits, and are refused while it does not', async () => {
    const start = commandOf({ command: 'start', data: { epochs: 2 } });
    expect(await commands.take(start)).toMatchObject({ ok: false, code: 'command.refused' });
    const settings: object[] = [];
    commands.start = async (given) => {
      settings.push(given);
      return 'new';
    };
    const again = commandOf({ command: 'start', data: { epochs: 2 } });
    expect(await commands.take(again)).toMatchObject({ ok: true, runId: 'new' });
    expect(settings).toEqual([{ epochs: 2 }]);
  });

  test('say why a run cannot be started', async () => {
    commands.start = async () => {
      throw new MonitorError('engine.unavailable', 'WebGPU finds no GPU');
    };
    const answer = await commands.take(commandOf({ command: 'start' }));
    expect(answer).toMatchObject({ ok: false, code: 'command.refused', message: 'WebGPU finds no GPU' });
  });

  test('are done once for each id, also while the first is under way', async () => {
    let starts = 0;
    commands.start = async () => `run-${++starts}`;
    const start = commandOf({ command: 'start' });
    const answers = await Promise.all([commands.take(start), commands.take(start)]);
    expect([...answers, await commands.take(start)]).toEqual(Array(3).fill(answers[0]));
    expect(starts).toBe(1);
  });

  test('are remembered in bounds: the oldest are forgotten', async () => {
    let starts = 0;
    commands.start = async () => `run-${++starts}`;
    const first = commandOf({ command: 'start' });
    await commands.take(first);
    for (let at = 0; at < 200; at++) await commands.take(commandOf({ command: 'pause' }));
    await commands.take(first);
    expect(starts).toBe(2);
  });
});
