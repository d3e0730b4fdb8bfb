import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MonitorError } from '@mnist-monitor/shared';
import { type WebSocket, WebSocketServer } from 'ws';
import { readConfig, type TrainerConfig } from '../../src/config.ts';
import type { RunResources } from '../../src/runner/run-resources.ts';
import { Trainer } from '../../src/runner/trainer.ts';
import {
  dataset,
  engineWith,
  epochSteps,
  ScriptedLearner,
  scriptedFlags,
} from '../support/scripted-learner.ts';
import { readEvents } from '../support/short-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('the runs of a trainer', () => {
  const runs = temporaryFolder();
  let server: WebSocketServer;
  let learner: ScriptedLearner;
  let end: AbortController;
  let printed: string;
  let answers: { id: string; ok: boolean; message?: string }[];
  /** Called when the trainer waits for a start, and with each answer to a command. */
  let onWait: (socket: WebSocket) => void;
  let onAnswer: (socket: WebSocket) => void;
  beforeEach(async () => {
    [learner, end] = [new ScriptedLearner(Array(30).fill(5)), new AbortController()];
    [printed, answers] = ['', []];
    onWait = () => end.abort({ status: 'interrupted', reason: 'enough' });
    onAnswer = () => {};
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    server.on('connection', (socket) => {
      const send = (message: object): void => socket.send(JSON.stringify(message));
      socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'hello') send({ type: 'resume', after: 0 });
        else if (message.type === 'wait') {
          send({ type: 'waiting' });
          onWait(socket);
        } else if (message.type === 'commandResult') {
          answers.push(message);
          onAnswer(socket);
        } else send({ type: 'ack', seq: message.seq });
      });
    });
  });
  afterEach(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });

  /** Runs a trainer whose data set has few images. */
  function run(...flags: string[]) {
    const gateway = `ws://127.0.0.1:${(server.address() as { port: number }).port}/ingest`;
    const common = ['--inside', 'off', '--runs', runs.path, '--gateway', gateway];
    const acquire = async ({ trainSize }: TrainerConfig) => {
      if (trainSize === 999) throw new MonitorError('dataset.invalid', 'there are fewer images');
      return [dataset, engineWith(learner)];
    };
    return new Trainer({
      config: readConfig([...scriptedFlags, ...common, ...flags], {}),
      resources: { acquire } as unknown as RunResources,
      output: { write: (text) => (printed += text) },
      ...{ signal: end.signal, onWaiting() {} },
    }).run();
  }

  /** Runs a trainer that is interrupted in its third step. */
  async function interrupt(runId: string): Promise<void> {
    learner.onStep = () => {
      if (learner.steps === 3) end.abort({ status: 'interrupted', reason: 'by SIGTERM' });
    };
    expect(await run('--once', '--run-id', runId)).toBe('interrupted');
    [learner, end] = [new ScriptedLearner(Array(30).fill(5)), new AbortController()];
    printed = '';
  }

  test('are resumed by id, or the last one without an id, and keep their settings', async () => {
    await interrupt('one');
    await interrupt('two');
    expect(await run('--once', '--resume', 'one', '--seed', '7')).toBe('completed');
    expect(printed).toContain('Not used: --seed; run one continues with its original settings.\n');
    expect(learner.steps).toBe(3 * epochSteps - 3);
    printed = '';
    expect(await run('--once', '--resume')).toBe('completed');
    expect(printed).not.toContain('Not used');
    for (const runId of ['one', 'two']) {
      const events = readEvents(runs.path, runId);
      expect(events.at(-1)).toMatchObject({ data: { status: 'completed' } });
      const steps = events.flatMap(({ type, data }) => (type === 'batch' ? [data.step] : []));
      expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
    }
  });

  test('begin with a new one, or wait for a start, when there is none to resume', async () => {
    expect(await run('--once', '--resume', '--run-id', 'new')).toBe('completed');
    expect(printed).toContain(`Nothing to resume in ${runs.path}: starting a new run.\n`);
    printed = '';
    expect(await run('--resume', '--wait')).toBeUndefined();
    expect(printed).toContain(`Nothing to resume in ${runs.path}: waiting for a run to be started.\n`);
  });

  test.each([
    [
      'the message of a known error',
      new MonitorError('runs.unwritable', 'no space is left'),
      /^no space is left$/m,
    ],
    [
      'where an unknown error arose',
      new TypeError('x is not a function'),
      /TypeError: x is not a function\n +at /,
    ],
  ])('follow one that has failed, of which it prints %s', async (_what, error, expected) => {
    learner.onStep = () => {
      throw error;
    };
    expect(await run('--run-id', 'failing')).toBe('failed');
    expect(printed).toMatch(expected);
    if (error instanceof MonitorError) expect(printed).not.toContain('    at ');
    expect(readEvents(runs.path, 'failing').at(-1)).toMatchObject({ data: { status: 'failed' } });
  });

  test('end with the error of a run that has failed with --once', async () => {
    const error = new Error('out of memory');
    learner.onStep = () => {
      throw error;
    };
    await expect(run('--once', '--run-id', 'failing')).rejects.toBe(error);
  });

  test('can be started after a queued start, and one that was refused, could not begin', async () => {
    const commands = [
      { command: 'enqueue', data: { trainSize: 999 } },
      { command: 'start', data: { trainSize: 999 } },
      { command: 'start', data: { epochs: 1 } },
    ];
    const sendNext = (socket: WebSocket): void => {
      const next = commands.shift();
      const id = `command-${commands.length}`;
      if (next) socket.send(JSON.stringify({ type: 'command', id, ...next }));
    };
    onWait = (socket) => {
      if (commands.length > 0) sendNext(socket);
      else end.abort({ status: 'interrupted', reason: 'enough' });
    };
    onAnswer = sendNext;
    expect(await run('--wait')).toBe('completed');
    expect(answers).toMatchObject([
      { ok: true },
      { ok: false, code: 'command.refused', message: 'there are fewer images' },
      { ok: true, runId: expect.any(String) },
    ]);
    expect(printed).toContain('A queued run cannot begin: there are fewer images\n');
    expect(learner.steps).toBe(epochSteps);
  });
});
