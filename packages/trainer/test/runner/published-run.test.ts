import { existsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { closeCodes } from '@mnist-monitor/shared';
import { readConfig } from '../../src/config.ts';
import { CommandHandler } from '../../src/runner/command-handler.ts';
import { prepareNewRun, prepareResumedRun } from '../../src/runner/prepare-run.ts';
import { PublishedRun, type PublishedRunOptions } from '../../src/runner/published-run.ts';
import type { RunResources } from '../../src/runner/run-resources.ts';
import { findInterruptedRun } from '../../src/storage/interrupted-runs.ts';
import { FakeGateway, type FakeGatewayOptions } from '../support/fake-gateway.ts';
import { dataset, engineWith, ScriptedLearner, scriptedFlags } from '../support/scripted-learner.ts';
import { readEvents } from '../support/short-run.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('a published run', () => {
  const runs = temporaryFolder();
  let gateway: FakeGateway | undefined;
  let learner: ScriptedLearner;
  let commands: CommandHandler;
  let printed: string;
  let end: AbortController;
  let deliveries: Promise<void>[];
  beforeEach(() => {
    [learner, commands, end] = [new ScriptedLearner([5, 6, 7]), new CommandHandler(), new AbortController()];
    [printed, deliveries, gateway] = ['', [], undefined];
  });
  afterEach(async () => {
    await Promise.all(deliveries);
    await gateway?.stop();
  });

  /** Prepares a run; without `gatewayOptions`, nothing listens at the address of its gateway. */
  async function prepare(
    gatewayOptions?: FakeGatewayOptions,
    options: Partial<PublishedRunOptions> & { flags?: string[]; isResumed?: boolean } = {},
  ) {
    if (gatewayOptions) gateway = await FakeGateway.start(gatewayOptions);
    const url = gateway?.url ?? 'ws://127.0.0.1:9/ingest';
    const { flags = ['--inside', 'off'], isResumed = false, ...others } = options;
    const config = readConfig([...scriptedFlags, ...flags, '--runs', runs.path, '--run-id', 'run'], {});
    const resources = { acquire: async () => [dataset, engineWith(learner)] } as unknown as RunResources;
    const interrupted = isResumed && findInterruptedRun(runs.path, 'run');
    const run = interrupted
      ? await prepareResumedRun(resources, config, interrupted)
      : await prepareNewRun(resources, config);
    const published = new PublishedRun(run, {
      ...{ identity: { url, address: url, publisherId: 'publisher-1' }, commands, signal: end.signal },
      output: { write: (text) => (printed += text) },
      onDelivery: (delivery) => deliveries.push(delivery),
      ...{ abortDelivery: AbortSignal.abort(), failedStarts: [], ...others },
    });
    return { published, config, url };
  }
  const delivered = () => Promise.all(deliveries);
  const linesWith = (text: string) => printed.split('\n').filter((line) => line.includes(text));

  test('sends every event to the gateway, and logs and displays it', async () => {
    const { published } = await prepare({});
    expect(await published.train()).toBe('completed');
    await delivered();
    const events = readEvents(runs.path, 'run');
    expect(gateway!.received).toEqual(events.map(({ seq }) => seq));
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } });
    expect(printed).toContain('epoch 3/3');
    expect(printed).not.toMatch(/gateway/i);
    expect(existsSync(join(runs.path, 'run', 'lock'))).toBe(false);
  });

  test('executes commands for its id until it ends, and repeats them in notices', async () => {
    const { published } = await prepare({});
    const command = { type: 'command', id: 'command-1', runId: 'run', data: {} } as const;
    learner.onStep = () => {
      if (learner.steps > 1) return;
      void commands.handle({ ...command, command: 'enqueue', data: { epochs: 1 } });
      void commands.handle({ ...command, id: 'command-2', command: 'stop', by: 'ada' });
    };
    expect(await published.train()).toBe('stopped');
    const events = readEvents(runs.path, 'run');
    expect(events.find(({ type }) => type === 'notice')).toMatchObject({ data: { code: 'queue.changed' } });
    expect(events.at(-1)).toMatchObject({ data: { reason: 'stopped by command of ada' } });
    expect(commands.currentRun).toBeUndefined();
    expect(await commands.handle({ ...command, id: 'command-3', command: 'stop' })).toMatchObject({
      ok: false,
    });
  });

  test('has a notice of each change by a command among its events', async () => {
    const { published } = await prepare({});
    learner.onStep = () => {
      if (learner.steps > 1) return;
      const command = { type: 'command', id: 'command-1', command: 'setLearningRate' } as const;
      void commands.handle({ ...command, data: { learningRate: 0.5 }, by: 'ada' });
    };
    expect(await published.train()).toBe('completed');
    expect(readEvents(runs.path, 'run').find(({ type }) => type === 'notice')).toMatchObject({
      data: { code: 'learning_rate.set', step: 1, value: 0.5, by: 'ada' },
    });
  });

  test('ends with the reason of its signal, also one that was aborted before', async () => {
    const { published } = await prepare({});
    learner.onStep = () => end.abort({ status: 'interrupted', reason: 'by SIGTERM' });
    expect(await published.train()).toBe('interrupted');
    expect(learner.steps).toBe(1);
    expect(readEvents(runs.path, 'run').at(-1)).toMatchObject({ data: { reason: 'by SIGTERM' } });
  });

  test('takes no step when its signal was aborted before', async () => {
    const { published } = await prepare({});
    end.abort({ status: 'interrupted', reason: 'by SIGTERM' });
    expect(await published.train()).toBe('interrupted');
    expect(learner.steps).toBe(0);
  });

  test('reports after its end, in one line, the events that no gateway has accepted', async () => {
    const { published, url } = await prepare();
    expect(await published.train()).toBe('completed');
    await delivered();
    const { length } = readEvents(runs.path, 'run');
    expect(linesWith('gateway')).toEqual([
      `The gateway at ${url} did not accept ${length} events (nothing listens at 127.0.0.1:9); all are in ${join(runs.path, 'run')}.`,
    ]);
  });

  test('reports a gateway that cannot be reached, and that it is connected, once each', async () => {
    const closed = await FakeGateway.start();
    const { port, url } = closed;
    await closed.stop();
    const { published } = await prepare(undefined, {
      identity: { url, address: url, publisherId: 'publisher-1' },
    });
    const isPrinted = async (text: string): Promise<void> => {
      while (!printed.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    learner.onStep = () => {
      if (learner.steps > 1) return;
      const { control } = commands.currentRun!;
      control.pause();
      void (async () => {
        await isPrinted('does not accept');
        gateway = await FakeGateway.start({ port });
        await isPrinted('Connected');
        control.resume();
      })();
    };
    expect(await published.train()).toBe('completed');
    await delivered();
    expect(linesWith('gateway')).toEqual([
      `The gateway at ${url} does not accept this run yet: nothing listens at 127.0.0.1:${port}. Retrying until it does.`,
      `Connected to the gateway at ${url}.`,
    ]);
  }, 30_000);

  test('ends with an error when another trainer has its id', async () => {
    const { published, url } = await prepare({
      onHello: (_hello, socket) => socket.close(closeCodes.runTaken.code, 'taken'),
    });
    await expect(published.train()).rejects.toMatchObject({
      code: 'run.taken',
      message: `--run-id: expected an id that no other trainer uses, but the gateway at ${url} has a trainer for run connected`,
    });
    expect(readEvents(runs.path, 'run').at(-1)).toMatchObject({
      data: { status: 'failed', reason: 'the gateway has another run run' },
    });
  });

  test('trains to its end, with one line, when the gateway has other events of its id', async () => {
    const { published } = await prepare({ after: 900 });
    expect(await published.train()).toBe('completed');
    await delivered();
    expect(linesWith('refuses')).toEqual([
      'The gateway refuses this run (runExists: it has 900 events of run run, this trainer only 0); training continues without it.',
    ]);
    const { length } = readEvents(runs.path, 'run');
    expect(linesWith('did not accept')).toEqual([
      `The gateway did not accept ${length} events; all are in ${join(runs.path, 'run')}.`,
    ]);
  });

  test('sends events again that the gateway has lost, and reports how many', async () => {
    const { published, url } = await prepare({
      onHello(_hello, socket) {
        socket.send(JSON.stringify({ type: 'resume', after: 0 }));
      },
      onEvent(seq, socket) {
        if (seq !== 4 || gateway!.hellos.length > 1) return true;
        socket.send(JSON.stringify({ type: 'ack', seq: 3 }));
        socket.close(closeCodes.goingAway.code);
        return false;
      },
    });
    learner.onStep = () => {
      if (learner.steps < 6) return;
      commands.currentRun!.control.pause();
      const timer = setInterval(() => {
        if (gateway!.hellos.length < 2) return;
        clearInterval(timer);
        commands.currentRun!.control.resume();
      }, 5);
    };
    expect(await published.train()).toBe('completed');
    await delivered();
    expect(linesWith('has lost')).toEqual([
      `The gateway at ${url} has lost 3 events of this run that it had acknowledged; they are sent again.`,
    ]);
    expect(gateway!.received.at(-1)).toBe(readEvents(runs.path, 'run').length);
  }, 30_000);

  test('reports once, in one line, that a gateway does not take files', async () => {
    const { published, url } = await prepare({}, { flags: ['--inside', 'on'] });
    expect(await published.train()).toBe('completed');
    await delivered();
    expect(linesWith('gateway')).toEqual([
      `The gateway at ${url} does not take files of this run (it answered with status 426); training continues.`,
    ]);
  });

  test('reports each event that the gateway rejects', async () => {
    const { published } = await prepare({
      onEvent(seq, socket) {
        if (seq === 2)
          socket.send(
            JSON.stringify({
              type: 'reject',
              seq,
              code: 'message.invalid',
              issues: [{ path: 'data', message: 'no' }],
            }),
          );
        return true;
      },
    });
    await published.train();
    await delivered();
    expect(linesWith('rejected')).toEqual([
      expect.stringMatching(/^The gateway rejected event 2: \[\{.*"no"/),
    ]);
  });

  test('trains to its end, with one line, when its log can no longer be read', async () => {
    const first = await prepare({});
    learner.onStep = () => end.abort({ status: 'interrupted', reason: 'by SIGTERM' });
    await first.published.train();
    await delivered();
    await gateway!.stop();
    [learner, end, printed] = [new ScriptedLearner([5, 6, 7]), new AbortController(), ''];
    const { published } = await prepare(
      {
        onHello(_hello, socket) {
          truncateSync(join(runs.path, 'run', 'events.jsonl'), 0);
          socket.send(JSON.stringify({ type: 'resume', after: 0 }));
        },
      },
      { isResumed: true },
    );
    expect(await published.train()).toBe('completed');
    await delivered();
    expect(linesWith('Publishing ends')).toEqual([
      expect.stringMatching(
        /^Publishing ends, because .*events\.jsonl.*; training continues without the gateway\.$/,
      ),
    ]);
  });
});
