import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryFolder } from '../../packages/gateway/dist/test/support/cleanup.js';
import { startGateway } from '../../packages/gateway/dist/test/support/gateway.js';
import { Program } from './support/program.js';
import { openPublisher, sample } from './support/publish.js';
import { python } from './support/tools.js';

(python ? describe : describe.skip)('plot/plot.py', () => {
  const plot = (gateway, to) => new Program(python, ['plot/plot.py', '--gateway', gateway.url, '--to', to]);

  test('draws the newest run into a file', async () => {
    const gateway = await startGateway();
    const publisher = await openPublisher(gateway.ingestUrl);
    await publisher.publish(sample);
    const to = join(temporaryFolder(), 'run.svg');
    const program = plot(gateway, to);
    expect([await program.exited, program.errors]).toEqual([0, '']);
    expect(program.lines).toEqual([`${to}: 20 batches of run example`]);
    const picture = readFileSync(to, 'utf8');
    for (const words of ['loss', 'accuracy', 'test', 'step']) expect(picture).toContain(`<!-- ${words} -->`);
  });

  test('reports when there is no run', async () => {
    const program = plot(await startGateway(), join(temporaryFolder(), 'run.svg'));
    expect(await program.exited).toBe(1);
    expect(program.errors).toMatch(/^expected a run at .*, there is none yet\n$/);
  });
});
