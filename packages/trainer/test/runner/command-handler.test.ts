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

describe('CommandHandler', () => {
  let commands: CommandHandler;
  let control: RunControl;
  let notices: unknown[];
  const emit = ({ data }: { data: unknown }) => notices.push(data);
  beforeEach(() => {
    notices = [];
    commands = new CommandHandler();
    control = new RunControl({ learningRate: 0.01, schedule: 'constant', emit: () => {} });
    commands.currentRun = { runId: 'a', control, emit };
  });

  test('executes commands for the current run', async () => {
    const rate = commandOf({ command: 'setLearningRate', data: { learningRate: 0.5 } });
    expect(await commands.handle(rate)).toEqual({ type: 'commandResult', id: rate.id, ok: true });
    await control.shouldContinue(1);
    expect(control.baseLearningRateAt(2)).toBe(0.5);
    await commands.handle(commandOf({ command: 'pause' }));
    const paused = control.shouldContinue(2);
    await commands.handle(commandOf({ command: 'resume' }));
    expect(await paused).toBe(true);
    await commands.handle(commandOf({ command: 'stop' }));
    expect(control.end).toEqual({ status: 'stopped', reason: 'stopped by command' });
  });

  test('refuses commands for a run that has ended', async () => {
    const other = await commands.handle(commandOf({ command: 'stop', runId: 'b' }));
    expect(other).toMatchObject({ ok: false, code: 'command.refused', message: 'run b has ended' });
    expect(control.end).toBeUndefined();
    commands.currentRun = undefined;
    expect(await commands.handle(commandOf({ command: 'stop' }))).toMatchObject({ ok: false });
  });

  test('starts a run only while the trainer is idle', async () => {
    const start = commandOf({ command: 'start', data: { epochs: 2 } });
    expect(await commands.handle(start)).toMatchObject({ ok: false, code: 'command.refused' });
    const settings: object[] = [];
    commands.startRun = async (given) => {
      settings.push(given);
      return 'new';
    };
    const again = commandOf({ command: 'start', data: { epochs: 2 } });
    expect(await commands.handle(again)).toMatchObject({ ok: true, runId: 'new' });
    expect(settings).toEqual([{ epochs: 2 }]);
  });

  test('answers with the reason when a run cannot start', async () => {
    commands.startRun = async () => {
      throw new MonitorError('engine.unavailable', 'WebGPU finds no GPU');
    };
    const answer = await commands.handle(commandOf({ command: 'start' }));
    expect(answer).toMatchObject({ ok: false, code: 'command.refused', message: 'WebGPU finds no GPU' });
  });

  test('executes a command once per id, also while the first one is executing (P-147, S-46)', async () => {
    let starts = 0;
    commands.startRun = async () => `run-${++starts}`;
    const start = commandOf({ command: 'start' });
    const answers = await Promise.all([commands.handle(start), commands.handle(start)]);
    expect([...answers, await commands.handle(start)]).toEqual(Array(3).fill(answers[0]));
    expect(starts).toBe(1);
  });

  test('remembers a bounded number of answers and forgets the oldest', async () => {
    let starts = 0;
    commands.startRun = async () => `run-${++starts}`;
    const first = commandOf({ command: 'start' });
    await commands.handle(first);
    for (let at = 0; at < 200; at++) await commands.handle(commandOf({ command: 'pause' }));
    await commands.handle(first);
    expect(starts).toBe(2);
  });

  test('queues starts, lists, moves and cancels them, also during a run (P-135, P-136, P-137, P-138)', async () => {
    const enqueue = (name: string) => commandOf({ command: 'enqueue', by: 'sweep.py', data: { name } });
    const [a, b, c] = [enqueue('a'), enqueue('b'), enqueue('c')];
    await commands.handle(a);
    await commands.handle(b);
    const queued = [a, b, c].map(({ id, data }) => ({ queuedId: id, data, by: 'sweep.py' }));
    expect(await commands.handle(c)).toMatchObject({ ok: true, queue: queued });
    const move = commandOf({ command: 'moveQueued', data: { queuedId: c.id, position: 0 } });
    expect(await commands.handle(move)).toMatchObject({ queue: [queued[2], queued[0], queued[1]] });
    const toEnd = commandOf({ command: 'moveQueued', data: { queuedId: c.id, position: 49 } });
    expect(await commands.handle(toEnd)).toMatchObject({ queue: queued });
    const cancel = commandOf({ command: 'cancelQueued', data: { queuedId: a.id } });
    expect(await commands.handle(cancel)).toMatchObject({ queue: [queued[1], queued[2]] });
    const list = commandOf({ command: 'listQueue' });
    expect(await commands.handle(list)).toMatchObject({ ok: true, queue: [queued[1], queued[2]] });
    const again = commandOf({ command: 'cancelQueued', data: { queuedId: a.id } });
    expect(await commands.handle(again)).toMatchObject({
      ok: false,
      code: 'command.refused',
      message: `expected a start that waits in the queue, got ${a.id}, which does not`,
    });
  });

  test('reports each change of the queue in a notice of the current run, which repeats who made it', async () => {
    const change = (command: string, data: object) =>
      commands.handle(commandOf({ command, data, by: 'page' }));
    const first = commandOf({ command: 'enqueue', data: { name: 'wide' }, by: 'sweep.py' });
    await commands.handle(first);
    await change('enqueue', {});
    await change('moveQueued', { queuedId: first.id, position: 49 });
    await change('listQueue', {});
    await change('cancelQueued', { queuedId: first.id });
    await change('cancelQueued', { queuedId: first.id });
    const common = { level: 'info', code: 'queue.changed', by: 'page' };
    expect(notices).toMatchObject([
      { ...common, message: '“wide” was added to the queue: 1 run waits.', value: 1, by: 'sweep.py' },
      { ...common, message: 'A run was added to the queue: 2 runs wait.', value: 2 },
      { ...common, message: '“wide” was moved to position 2 of the queue: 2 runs wait.', value: 2 },
      { ...common, message: '“wide” was removed from the queue: 1 run waits.', value: 1 },
    ]);
  });

  test('changes the queue also when its notice cannot be written, and between two runs', async () => {
    const emit = () => {
      throw new Error('the disk is full');
    };
    commands.currentRun = { runId: 'a', control, emit };
    expect(await commands.handle(commandOf({ command: 'enqueue' }))).toMatchObject({ ok: true });
    commands.currentRun = undefined;
    expect(await commands.handle(commandOf({ command: 'enqueue' }))).toMatchObject({ ok: true });
    expect(commands.queue.list).toHaveLength(2);
  });

  test('queues at most 50 starts (P-135)', async () => {
    for (let at = 0; at < 50; at++)
      expect(await commands.handle(commandOf({ command: 'enqueue' }))).toMatchObject({ ok: true });
    expect(await commands.handle(commandOf({ command: 'enqueue' }))).toMatchObject({
      ok: false,
      message: 'expected at most 50 starts in the queue, which is full',
    });
    expect(commands.queue.list).toHaveLength(50);
  });

  test('accepts commands about the queue only where a run follows another (P-141)', () => {
    const withQueue = ['enqueue', 'listQueue', 'moveQueued', 'cancelQueued'];
    expect(commands.trainingCommands.names).toEqual(expect.arrayContaining(withQueue));
    expect(commands.idleCommands.names).toEqual(['start', ...withQueue]);
    expect(new CommandHandler({ hasQueue: false }).idleCommands.names).toEqual(['start']);
  });

  test('notices repeat who gave the command', async () => {
    control = new RunControl({ learningRate: 0.01, schedule: 'constant', emit });
    commands.currentRun = { runId: 'a', control, emit };
    await commands.handle(commandOf({ command: 'pause', by: 'page' }));
    await commands.handle(
      commandOf({ command: 'setLearningRate', data: { learningRate: 1 }, by: 'sweep.py' }),
    );
    const paused = control.shouldContinue(1);
    await commands.handle(commandOf({ command: 'resume' }));
    await paused;
    expect(notices).toMatchObject([
      { code: 'learning_rate.set', by: 'sweep.py' },
      { code: 'run.paused', by: 'page' },
      { code: 'run.resumed' },
    ]);
    expect(notices[2]).not.toHaveProperty('by');
    await commands.handle(commandOf({ command: 'stop', by: 'assistant' }));
    expect(control.end).toMatchObject({ reason: 'stopped by command of assistant' });
  });
});
